import { useMutation } from '@pinia/colada'
import { toAppError } from '@/api'
import { deleteFile, updateFile } from '@/api/generated/sdk.gen'
import type { FileRead } from '@/api/generated/types.gen'
import { useFileChanges } from './changes'

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
