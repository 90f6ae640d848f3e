import { useDebounceFn } from '@vueuse/core'
import { onScopeDispose } from 'vue'
import type { ItemRead } from '@/api/generated/types.gen'
import { onFrame, onReady } from '@/realtime'
import { useSessionStore } from '@/shared/stores/session'
import { itemKeys, useItemCache } from './cache'
import { type TaggedItem, tagOfVersion } from './lib/item'
import { mustReload } from './lib/list-effect'
import { useItemNewsStore } from './stores/news'

/** A burst of changes loads a list once: when it is over, but not later than after so long. */
const QUIET_MS = 300
export const LONGEST_MS = 2000

/** Loads queries again, soon and together. */
function useReloading() {
  const { cache } = useItemCache()
  const due = new Set<string>()

  const reload = useDebounceFn(
    () => {
      const entries = cache.getEntries({ predicate: ({ keyHash }) => due.has(keyHash) })
      // What is under way may come too late to know of the change, but is let in: cut off again and
      // again it would never come.
      const busy = entries.filter(({ asyncStatus }) => asyncStatus.value === 'loading')
      const free = new Set(entries.filter((entry) => !busy.includes(entry)))
      due.clear()
      reloadSoon(busy.map(({ keyHash }) => keyHash))
      // Nobody sees a hidden page, and without a network nothing would come: what is outdated is
      // loaded when that is over.
      const isOfUse = document.visibilityState === 'visible' && navigator.onLine
      cache
        .invalidateQueries({ predicate: (entry) => free.has(entry) }, isOfUse)
        // A query that fails shows that in its own place.
        .catch(() => undefined)
    },
    QUIET_MS,
    { maxWait: LONGEST_MS },
  )
  onScopeDispose(() => due.clear())

  function reloadSoon(keyHashes: readonly string[]): void {
    if (keyHashes.length === 0) return
    for (const keyHash of keyHashes) due.add(keyHash)
    void reload()
  }
  return reloadSoon
}

/** Keeps what is shown of items as it is on the server, whatever page is open. */
export function start(): void {
  const session = useSessionStore()
  const news = useItemNewsStore()
  const { cache, listEntries, queryOf, find, outdate, show, replaceIn, forget } = useItemCache()
  const reloadSoon = useReloading()

  const hashesOf = (key: readonly string[]) =>
    cache.getEntries({ key: [...key] }).map(({ keyHash }) => keyHash)

  /** The counts that a change touches: one's own items, and tags. */
  function countsOf(before: ItemRead | null, after: ItemRead | null): string[] {
    const owner = (after ?? before)?.owner_id
    const isOwn = owner === undefined || owner === session.user?.id
    const isTagged = !before || !after || String(before.tags) !== String(after.tags)
    return [
      ...(isOwn ? hashesOf(itemKeys.stats) : []),
      ...(isTagged ? hashesOf(itemKeys.tags) : []),
    ]
  }

  function arrived(item: ItemRead): void {
    const before = find(item.id)
    if (!news.tell(item.id, item.version, item)) return
    const moved = listEntries().filter((entry) => {
      const shown = entry.state.value.data?.data.find(({ id }) => id === item.id)
      return (!shown || shown.version < item.version) && mustReload(queryOf(entry), shown, item)
    })
    for (const entry of listEntries()) replaceIn(entry, item)
    const single = cache.get<TaggedItem>(itemKeys.item(item.id))
    if (single && single.state.value.status !== 'pending') show({ item, etag: tagOfVersion(item) })
    reloadSoon([...moved.map(({ keyHash }) => keyHash), ...countsOf(before, item)])
  }

  onFrame('item_created', ({ data }) => arrived(data))
  onFrame('item_updated', ({ data }) => arrived(data))
  onFrame('item_deleted', ({ item_id: id, version }) => {
    const before = find(id)
    if (!forget(id, version)) return
    // Whether it was deleted, or may not be read any more, only the server can say.
    if (!news.removing.has(id)) outdate(itemKeys.item(id))
    reloadSoon([...hashesOf(itemKeys.lists), ...countsOf(before, null)])
  })
  // Many changed at once, those of an account that is gone for one.
  onFrame('resync', ({ room, reason }) => {
    if (room === null && reason === 'changed') reloadSoon(hashesOf(itemKeys.all))
  })
  // What changed between the first loading and the connection nobody has told. After an interruption
  // the application loads everything again.
  let hasConnected = false
  onReady(() => {
    if (!hasConnected) reloadSoon(hashesOf(itemKeys.all))
    hasConnected = true
  })
}
