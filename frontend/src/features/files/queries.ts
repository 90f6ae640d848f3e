import { useQuery } from '@pinia/colada'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { listFiles } from '@/api/generated/sdk.gen'
import type { FileReadCollection, ListFilesData } from '@/api/generated/types.gen'
import { fileKeys } from '@/shared/files'
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
