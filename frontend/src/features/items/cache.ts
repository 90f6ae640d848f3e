import { type EntryKey, type UseQueryEntry, useQueryCache } from '@pinia/colada'
import type { ItemRead, ItemReadCollection, UserBrief } from '@/api/generated/types.gen'
import type { TaggedItem } from './lib/item'
import type { ItemListQuery } from './lib/list-effect'
import { useItemNewsStore } from './stores/news'

/** Whatever counts or lists items stands under `overviews`, so that one change outdates it together. */
export const itemKeys = {
  all: ['items'],
  overviews: ['items', 'overview'],
  lists: ['items', 'overview', 'list'],
  list: (query: ItemListQuery) => ['items', 'overview', 'list', query],
  tags: ['items', 'overview', 'tags'],
  stats: ['items', 'overview', 'stats'],
  item: (id: number) => ['items', 'item', id],
  online: ['items', 'online'],
} as const

type ListEntry = UseQueryEntry<ItemReadCollection>

/** A page with other rows; the total goes with their number. */
function withRows(page: ItemReadCollection, data: ItemRead[]): ItemReadCollection {
  const { meta } = page
  if (data.length === page.data.length) return { ...page, data }
  const total = meta.total - (page.data.length - data.length)
  return { ...page, data, meta: { ...meta, total, pages: Math.ceil(total / meta.limit) } }
}

/** What is cached of items, and how it changes when something is heard of one. */
export function useItemCache() {
  const cache = useQueryCache()
  const news = useItemNewsStore()

  const listEntries = () => cache.getEntries({ key: itemKeys.lists }) as unknown as ListEntry[]
  const queryOf = ({ key }: ListEntry) => key.at(-1) as ItemListQuery

  const allRows = () => listEntries().flatMap(({ state }) => state.value.data?.data ?? [])

  /** An item as it was last seen, wherever that was. */
  function find(id: number): ItemRead | null {
    const single = cache.getQueryData<TaggedItem>(itemKeys.item(id))?.item
    return news.find(id) ?? single ?? allRows().find((item) => item.id === id) ?? null
  }

  /** Someone as the owner of an item that is in a list; null for whoever has none there. */
  function findOwner(id: number): UserBrief | null {
    return allRows().find((item) => item.owner_id === id)?.owner ?? null
  }

  /** Loads what is on the page again; what isn't will be when it is next shown. */
  function outdate(key: EntryKey): void {
    // Nobody waits for it, and a query that fails shows that in its own place.
    cache.invalidateQueries({ key }).catch(() => undefined)
  }

  /** Shows an item where it is shown alone, unless a newer version is there already. */
  function show(fresh: TaggedItem): void {
    const key = itemKeys.item(fresh.item.id)
    const shown = cache.getQueryData<TaggedItem>(key)
    if (!shown || shown.item.version <= fresh.item.version) cache.setQueryData(key, fresh)
  }

  /** Shows what the server answered to a change. */
  function take(fresh: TaggedItem): void {
    news.tell(fresh.item.id, fresh.item.version, fresh.item)
    show(fresh)
  }

  function setRows(entry: ListEntry, rows: ItemRead[]): void {
    const { when } = entry
    const data = withRows(entry.state.value.data!, rows)
    cache.setEntryState(entry, { status: 'success', error: null, data })
    // The rest of the page is as old as it was.
    entry.when = when
  }

  /** Puts a newer version of an item in its place in a list that has loaded. */
  function replaceIn(entry: ListEntry, item: ItemRead): void {
    const rows = entry.state.value.data?.data ?? []
    const isOlder = (row: ItemRead) => row.id === item.id && row.version < item.version
    if (!rows.some(isOlder)) return
    setRows(
      entry,
      rows.map((row) => (isOlder(row) ? item : row)),
    )
  }

  /** Takes an item out of all lists. */
  function remove(id: number, version: number): void {
    for (const entry of listEntries()) {
      const rows = entry.state.value.data?.data ?? []
      const left = rows.filter((row) => row.id !== id || row.version >= version)
      if (left.length < rows.length) setRows(entry, left)
    }
  }

  /** Takes note that an item is gone; returns whether that is news. */
  function forget(id: number, version: number): boolean {
    const last = find(id)
    if (!news.tell(id, version, null)) return false
    remove(id, version)
    news.noteRemoval({ id, title: last?.title ?? null, at: new Date().toISOString() })
    return true
  }

  /** A page that has just come, with what was heard of its items while it was on its way. */
  function upToDate(page: ItemReadCollection): ItemReadCollection {
    return withRows(
      page,
      page.data.flatMap((item) => news.newest(item) ?? []),
    )
  }

  return {
    cache,
    listEntries,
    queryOf,
    find,
    findOwner,
    outdate,
    show,
    take,
    replaceIn,
    forget,
    upToDate,
  }
}
