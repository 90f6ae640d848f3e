import { useMutation, useQuery } from '@pinia/colada'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { toAppError } from '@/api'
import {
  createItem,
  deleteItem,
  getItem,
  getItemStats,
  getLiveStats,
  listItems,
  listItemTags,
  updateItem,
} from '@/api/generated/sdk.gen'
import type { ItemRead, ItemReadCollection, ItemStatus } from '@/api/generated/types.gen'
import { useSessionStore } from '@/shared/stores/session'
import { itemKeys, useItemCache } from './cache'
import { type ItemValues, type TaggedItem, tagOfVersion } from './lib/item'
import type { ItemListQuery } from './lib/list-effect'
import { useItemNewsStore } from './stores/news'

/** A page of items; while another one is on its way, the last one stays. */
export function useItemList(query: MaybeRefOrGetter<ItemListQuery>) {
  const session = useSessionStore()
  const { upToDate } = useItemCache()
  return useQuery<ItemReadCollection>(() => {
    const wanted = toValue(query)
    return {
      key: itemKeys.list(wanted),
      query: async ({ signal }) => upToDate((await listItems({ query: wanted, signal })).data),
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

/** How many people are connected. The page asks again by itself, so a failure is not worth a word. */
export function useOnline() {
  return useQuery({
    key: itemKeys.online,
    query: async ({ signal }) => (await getLiveStats({ signal })).data.connected_users,
    meta: { isPolled: true },
  })
}

export function useItem(id: MaybeRefOrGetter<number>) {
  const news = useItemNewsStore()
  return useQuery<TaggedItem>(() => {
    const wanted = toValue(id)
    return {
      key: itemKeys.item(wanted),
      query: async ({ signal }) => {
        const loaded = tagged(await getItem({ path: { item_id: wanted }, signal }))
        const item = news.newest(loaded.item)
        return item && item !== loaded.item ? { item, etag: tagOfVersion(item) } : loaded
      },
    }
  })
}

function tagged({ data, headers }: { data: ItemRead; headers: object }): TaggedItem {
  return { item: data, etag: 'etag' in headers ? String(headers.etag) : null }
}

const ifMatch = (etag: string | null) => (etag === null ? {} : { 'if-match': etag })

/** Whether a change was refused because there is a newer version. */
export function isStale(thrown: unknown): boolean {
  return toAppError(thrown).status === 412
}

/** Creates an item; the server answers the same `idempotencyKey` twice with one item. */
export function useCreateItem() {
  const { take, outdate } = useItemCache()
  return useMutation({
    mutation: async ({ values, idempotencyKey }: { values: ItemValues; idempotencyKey: string }) =>
      tagged(await createItem({ body: values, headers: { 'Idempotency-Key': idempotencyKey } })),
    onSuccess: take,
    onSettled: () => outdate(itemKeys.overviews),
  })
}

async function sendChanges({ item, etag }: TaggedItem, changes: Partial<ItemValues>) {
  return tagged(
    await updateItem({ path: { item_id: item.id }, body: changes, headers: ifMatch(etag) }),
  )
}

/** Changes just these fields of just this version; a 412 means that there is a newer one. */
export function useUpdateItem() {
  const { take, outdate } = useItemCache()
  return useMutation({
    mutation: ({ of, changes }: { of: TaggedItem; changes: Partial<ItemValues> }) =>
      sendChanges(of, changes),
    onSuccess: take,
    onSettled: () => outdate(itemKeys.overviews),
  })
}

/** Like `useUpdateItem`, but shown at once and taken back should it fail. */
export function useChangeStatus() {
  const { cache, show, take, outdate } = useItemCache()
  return useMutation({
    mutation: ({ of, status }: { of: TaggedItem; status: ItemStatus }) =>
      sendChanges(of, { status }),
    onMutate: ({ of, status }) => {
      cache.cancelQueries({ key: itemKeys.item(of.item.id), exact: true })
      show({ ...of, item: { ...of.item, status } })
    },
    onSuccess: take,
    onError: (_error, { of }) => show(of),
    onSettled: () => outdate(itemKeys.overviews),
  })
}

/** Deletes just this version; that it is gone already is fine, too. Lists lose it at once. */
export function useDeleteItem() {
  const { cache, forget, outdate } = useItemCache()
  const { removing } = useItemNewsStore()
  return useMutation({
    mutation: async ({ item, etag }: TaggedItem) => {
      try {
        await deleteItem({ path: { item_id: item.id }, headers: ifMatch(etag) })
      } catch (thrown) {
        if (toAppError(thrown).status !== 404) throw thrown
      }
    },
    onMutate: ({ item }) => void removing.add(item.id),
    onSuccess: (_nothing, { item }) => {
      forget(item.id, item.version + 1)
      void cache.invalidateQueries({ key: itemKeys.item(item.id), exact: true }, false)
    },
    onSettled: (_nothing, _error, { item }) => {
      removing.delete(item.id)
      outdate(itemKeys.overviews)
    },
  })
}

/** Loads one item again; it is shown when it has arrived. */
export function useReloadItem() {
  const { outdate } = useItemCache()
  return (id: number) => outdate(itemKeys.item(id))
}

/** Loads everything of this feature again that is on the page; ready when all of it has arrived. */
export function useReloadItems() {
  const { cache } = useItemCache()
  return useMutation({ mutation: () => cache.invalidateQueries({ key: itemKeys.all }) })
}
