import { type UseQueryEntry, useQueryCache } from '@pinia/colada'
import type { NotificationRead, NotificationReadCollection } from '@/api/generated/types.gen'

/** Which page of one's notifications. */
export interface InboxQuery {
  isUnreadOnly: boolean
  page: number
}

export const inboxKeys = {
  all: ['notifications'],
  unread: ['notifications', 'unread'],
  lists: ['notifications', 'list'],
  list: (query: InboxQuery) => ['notifications', 'list', query],
} as const

type ListEntry = UseQueryEntry<NotificationReadCollection>

/** The first page of a list with one more at its top; where there is no room for it, the last one goes. */
function withNew(page: NotificationReadCollection, added: NotificationRead) {
  const others = page.data.filter(({ id }) => id !== added.id)
  const { limit, total: before } = page.meta
  const total = before + 1 - (page.data.length - others.length)
  // Of two that come at once, either may be first.
  const data = [added, ...others].toSorted((a, b) => b.id - a.id).slice(0, limit)
  return { ...page, data, meta: { ...page.meta, total, pages: Math.ceil(total / limit) } }
}

/** What is cached of one's notifications, and how it changes when something is heard of them. */
export function useInboxCache() {
  const cache = useQueryCache()

  const listEntries = () => cache.getEntries({ key: inboxKeys.lists }) as unknown as ListEntry[]
  const queryOf = ({ key }: ListEntry) => key.at(-1) as InboxQuery

  function setPage(entry: ListEntry, data: NotificationReadCollection): void {
    const { when } = entry
    cache.setEntryState(entry, { status: 'success', error: null, data })
    // The rest of the page is as old as it was.
    entry.when = when
  }

  /** Loads again what of these is on the screen; the rest when it is next shown. */
  function outdate(entries: readonly unknown[] = cache.getEntries({ key: inboxKeys.all })): void {
    cache
      .invalidateQueries({ predicate: (entry) => entries.includes(entry) })
      // A query that fails shows that in its own place.
      .catch(() => undefined)
  }

  /** An answer that is still on its way is older than this and has to be dropped. */
  function setUnread(count: number): void {
    cache.cancelQueries({ key: inboxKeys.unread, exact: true })
    cache.setQueryData(inboxKeys.unread, count)
  }

  const unread = (): number => cache.getQueryData<number>(inboxKeys.unread) ?? 0

  /** Puts a new one at the top; pages that move by that are loaded again. */
  function add(notification: NotificationRead): void {
    const moved = listEntries().filter((entry) => {
      const { data } = entry.state.value
      const isFirst = queryOf(entry).page === 1 && entry.asyncStatus.value === 'idle'
      if (isFirst && data) setPage(entry, withNew(data, notification))
      return !isFirst
    })
    outdate(moved)
  }

  /** Shows those as read that `isMeant` picks out. They stay in their list until it is loaded again. */
  function markRead(isMeant: (notification: NotificationRead) => boolean): void {
    const now = new Date().toISOString()
    for (const entry of listEntries()) {
      const { data: page } = entry.state.value
      if (!page) continue
      const data = page.data.map((row) =>
        row.read_at === null && isMeant(row) ? { ...row, read_at: now } : row,
      )
      setPage(entry, { ...page, data })
    }
  }

  return { listEntries, outdate, unread, setUnread, add, markRead }
}
