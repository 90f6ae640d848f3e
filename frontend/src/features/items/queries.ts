import { type EntryKey, type QueryCache, useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { toAppError } from '@/api'
import {
  createItem,
  deleteItem,
  getItem,
  getItemStats,
  listItems,
  listItemTags,
  updateItem,
} from '@/api/generated/sdk.gen'
import type {
  ItemReadCollection,
  ItemRead,
  ItemStatus,
  ListItemsData,
} from '@/api/generated/types.gen'
import { useSessionStore } from '@/shared/stores/session'
import type { ItemValues, TaggedItem } from './lib/item'

export type ItemListQuery = NonNullable<ListItemsData['query']>

/** Whatever counts or lists items stands under `overviews`, so that one change outdates it together. */
const itemKeys = {
  all: ['items'],
  overviews: ['items', 'overview'],
  lists: ['items', 'overview', 'list'],
  list: (query: ItemListQuery) => ['items', 'overview', 'list', query],
  tags: ['items', 'overview', 'tags'],
  stats: ['items', 'overview', 'stats'],
  item: (id: number) => ['items', 'item', id],
} as const

/** A page of items; while another one is on its way, the last one stays. */
export function useItemList(query: MaybeRefOrGetter<ItemListQuery>) {
  const session = useSessionStore()
  return useQuery<ItemReadCollection>(() => {
    const wanted = toValue(query)
    return {
      key: itemKeys.list(wanted),
      query: async ({ signal }) => (await listItems({ query: wanted, signal })).data,
      placeholderData: (previous) => previous,
      // Signing out changes whose items are asked for, while the page is still there.
      enabled: session.isSignedIn,
    }
  })
}

/** The tags of all items one may read, most used first. */
export function useItemTags() {
  return useQuery({
    key: itemKeys.tags,
    query: async ({ signal }) => (await listItemTags({ signal })).data.data,
  })
}

/** One's own items in numbers; days begin and end by the clock of this browser. */
export function useItemStats() {
  return useQuery({
    key: itemKeys.stats,
    query: async ({ signal }) => {
      const utcOffset = -new Date().getTimezoneOffset()
      return (await getItemStats({ query: { utc_offset: utcOffset }, signal })).data
    },
  })
}

export function useItem(id: MaybeRefOrGetter<number>) {
  return useQuery<TaggedItem>(() => {
    const wanted = toValue(id)
    return {
      key: itemKeys.item(wanted),
      query: async ({ signal }) => tagged(await getItem({ path: { item_id: wanted }, signal })),
    }
  })
}

function tagged({ data, headers }: { data: ItemRead; headers: object }): TaggedItem {
  return { item: data, etag: 'etag' in headers ? String(headers.etag) : null }
}

const ifMatch = (etag: string | null) => (etag === null ? {} : { 'if-match': etag })

/** Loads what is on the page again; what isn't will be when it is next shown. */
function outdate(cache: QueryCache, key: EntryKey): void {
  // Nobody waits for it, and a query that fails shows that in its own place.
  cache.invalidateQueries({ key }).catch(() => undefined)
}

/** Whether a change was refused because there is a newer version. */
export function isStale(thrown: unknown): boolean {
  return toAppError(thrown).status === 412
}

function take(cache: QueryCache, fresh: TaggedItem): void {
  cache.setQueryData(itemKeys.item(fresh.item.id), fresh)
}

/** Creates an item; the server answers the same `idempotencyKey` twice with one item. */
export function useCreateItem() {
  const cache = useQueryCache()
  return useMutation({
    mutation: async ({ values, idempotencyKey }: { values: ItemValues; idempotencyKey: string }) =>
      tagged(await createItem({ body: values, headers: { 'Idempotency-Key': idempotencyKey } })),
    onSuccess: (fresh) => take(cache, fresh),
    onSettled: () => outdate(cache, itemKeys.overviews),
  })
}

async function sendChanges({ item, etag }: TaggedItem, changes: Partial<ItemValues>) {
  return tagged(
    await updateItem({ path: { item_id: item.id }, body: changes, headers: ifMatch(etag) }),
  )
}

/** Changes just these fields of just this version; a 412 means that there is a newer one. */
export function useUpdateItem() {
  const cache = useQueryCache()
  return useMutation({
    mutation: ({ of, changes }: { of: TaggedItem; changes: Partial<ItemValues> }) =>
      sendChanges(of, changes),
    onSuccess: (fresh) => take(cache, fresh),
    onSettled: () => outdate(cache, itemKeys.overviews),
  })
}

/** Like `useUpdateItem`, but shown at once and taken back should it fail. */
export function useChangeStatus() {
  const cache = useQueryCache()
  return useMutation({
    mutation: ({ of, status }: { of: TaggedItem; status: ItemStatus }) =>
      sendChanges(of, { status }),
    onMutate: ({ of, status }) => {
      cache.cancelQueries({ key: itemKeys.item(of.item.id), exact: true })
      take(cache, { ...of, item: { ...of.item, status } })
    },
    onSuccess: (fresh) => take(cache, fresh),
    onError: (_error, { of }) => take(cache, of),
    onSettled: () => outdate(cache, itemKeys.overviews),
  })
}

function without(page: ItemReadCollection, id: number): ItemReadCollection {
  const data = page.data.filter((item) => item.id !== id)
  const total = page.meta.total - (page.data.length - data.length)
  return { ...page, data, meta: { ...page.meta, total } }
}

/** Deletes just this version; that it is gone already is fine, too. Lists lose it at once. */
export function useDeleteItem() {
  const cache = useQueryCache()
  return useMutation({
    mutation: async ({ item, etag }: TaggedItem) => {
      try {
        await deleteItem({ path: { item_id: item.id }, headers: ifMatch(etag) })
      } catch (thrown) {
        if (toAppError(thrown).status !== 404) throw thrown
      }
    },
    onSuccess: (_nothing, { item }) => {
      cache.setQueriesData<ItemReadCollection>({ key: itemKeys.lists, status: 'success' }, (page) =>
        without(page!, item.id),
      )
      void cache.invalidateQueries({ key: itemKeys.item(item.id), exact: true }, false)
    },
    onSettled: () => outdate(cache, itemKeys.overviews),
  })
}

/** Loads one item again; it is shown when it has arrived. */
export function useReloadItem() {
  const cache = useQueryCache()
  return (id: number) => outdate(cache, itemKeys.item(id))
}

/** Loads everything of this feature again that is on the page; ready when all of it has arrived. */
export function useReloadItems() {
  const cache = useQueryCache()
  return useMutation({ mutation: () => cache.invalidateQueries({ key: itemKeys.all }) })
}
