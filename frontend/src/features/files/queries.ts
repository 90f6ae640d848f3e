import { useMutation, useQuery } from '@pinia/colada'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { toAppError } from '@/api'
import { deleteFile, listFiles, updateFile } from '@/api/generated/sdk.gen'
import type { FileRead, FileReadCollection, ListFilesData } from '@/api/generated/types.gen'
import { fileKeys, useFileChanges } from '@/shared/files'
import { useSessionStore } from '@/shared/stores/session'

export type FileListQuery = NonNullable<ListFilesData['query']>

/** A page of one's own files; while another one is on its way, the last one stays. */
export function useFileList(query: MaybeRefOrGetter<FileListQuery>) {
  const session = useSessionStore()
  return useQuery<FileReadCollection>(() => {
    const wanted = toValue(query)
    return {
      key: fileKeys.list(wanted),
      query: async ({ signal }) => (await listFiles({ query: wanted, signal })).data,
      placeholderData: (previous) => previous,
      enabled: session.isSignedIn,
    }
  })
}

/** Says anew what a file shows. */
export function useDescribeFile() {
  const noteChange = useFileChanges()
  return useMutation({
    mutation: async ({ file, description }: { file: FileRead; description: string }) => {
      const path = { stored_name: file.stored_name }
      return (await updateFile({ path, body: { description } })).data
    },
    onSettled: (_changed, _error, { file }) => noteChange(file.item_id),
  })
}

/** Deletes a file; that it is gone already is fine, too. */
export function useDeleteFile() {
  const noteChange = useFileChanges()
  return useMutation({
    mutation: async (file: FileRead) => {
      try {
        await deleteFile({ path: { stored_name: file.stored_name } })
      } catch (thrown) {
        if (toAppError(thrown).status !== 404) throw thrown
      }
    },
    onSettled: (_nothing, _error, file) => noteChange(file.item_id),
  })
}
