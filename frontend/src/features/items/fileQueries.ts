import { useMutation, useQuery } from '@pinia/colada'
import { deleteFile, listItemFiles, updateFile } from '@/api/generated/sdk.gen'
import type { FileRead } from '@/api/generated/types.gen'
import { toAppError } from '@/api'
import { fileKeys, useFileChanges } from '@/shared/files'

/** The files that are attached to an item, oldest first. */
export function useItemFiles(itemId: () => number) {
  return useQuery({
    key: () => fileKeys.ofItem(itemId()),
    query: async ({ signal }) =>
      (await listItemFiles({ path: { item_id: itemId() }, signal })).data.data,
  })
}

/** Says what a file of one's own shows, for those who can't see it. */
export function useDescribeFile() {
  const noteChange = useFileChanges()
  return useMutation({
    mutation: async ({ file, description }: { file: FileRead; description: string }) => {
      await updateFile({ path: { stored_name: file.stored_name }, body: { description } })
    },
    onSettled: (_nothing, _error, { file }) => noteChange(file.item_id),
  })
}

/** Removes a file for good; that it is gone already is fine, too. */
export function useRemoveFile() {
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
