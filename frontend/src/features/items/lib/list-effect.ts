import type { ItemRead, ListItemsData } from '@/api/generated/types.gen'
import { differingFields } from './item'

export type ItemListQuery = NonNullable<ListItemsData['query']>

/** Whether an item may be one of those asked for; what only the server can compare may fit. */
function mayFit({ status, owner_id: ownerId }: ItemListQuery, item: ItemRead): boolean {
  return (!status || item.status === status) && (!ownerId || item.owner_id === ownerId)
}

/**
 * Whether a page of a list must be loaded again because of a change: the item may come, go, or stand
 * elsewhere. `shown` is the item as it is on the page, if it is.
 */
export function mustReload(
  query: ItemListQuery,
  shown: ItemRead | undefined,
  now: ItemRead,
): boolean {
  if (!shown) return mayFit(query, now)
  if (!mayFit(query, now)) return true
  const changed = differingFields(shown, now)
  if (query.search || query.tag) return changed.some((field) => field !== 'status')
  if (query.sort === 'title' || query.sort === '-title') return changed.includes('title')
  return query.sort === 'updated_at' || query.sort === '-updated_at'
}
