import { useQuery } from '@pinia/colada'
import { listItemFiles } from '@/api/generated/sdk.gen'
import { fileKeys } from '@/shared/files'

/** The files that are attached to an item, oldest first. */
export function useItemFiles(itemId: () => number) {
  return useQuery({
    key: () => fileKeys.ofItem(itemId()),
    query: async ({ signal }) =>
      (await listItemFiles({ path: { item_id: itemId() }, signal })).data.data,
  })
}
