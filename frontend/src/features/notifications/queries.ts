import { useMutation, useQuery } from '@pinia/colada'
import { listNotifications, readAllNotifications, readNotification } from '@/api/generated/sdk.gen'
import type { NotificationRead, NotificationReadCollection } from '@/api/generated/types.gen'
import { useSessionStore } from '@/shared/stores/session'
import { inboxKeys, type InboxQuery, useInboxCache } from './cache'

const PAGE = 20

/** How many of one's notifications are unread. */
export function useUnreadCount() {
  const session = useSessionStore()
  return useQuery({
    key: inboxKeys.unread,
    query: async ({ signal }) =>
      (await listNotifications({ query: { unread: true, limit: 1 }, signal })).data.meta.total,
    // Signing out changes whose they are, while the bell is still there.
    enabled: () => session.isSignedIn,
  })
}

/** A page of one's notifications, newest first; while the next one is on its way, the last one stays. */
export function useInbox(wanted: () => InboxQuery) {
  const session = useSessionStore()
  return useQuery<NotificationReadCollection>(() => {
    const { isUnreadOnly, page } = wanted()
    return {
      key: inboxKeys.list(wanted()),
      query: async ({ signal }) => {
        const query = { unread: isUnreadOnly || undefined, skip: (page - 1) * PAGE, limit: PAGE }
        return (await listNotifications({ query, signal })).data
      },
      placeholderData: (last, before) =>
        isUnreadOnly === (before?.key.at(-1) as InboxQuery | undefined)?.isUnreadOnly
          ? last
          : undefined,
      enabled: session.isSignedIn,
    }
  })
}

/** Marks one as read, which shows at once. */
export function useReadOne() {
  const { markRead, outdate, unread, setUnread } = useInboxCache()
  return useMutation({
    mutation: async ({ id }: NotificationRead) =>
      (await readNotification({ path: { notification_id: id } })).data,
    onMutate: ({ id }) => {
      markRead((other) => other.id === id)
      setUnread(Math.max(0, unread() - 1))
    },
    onSuccess: (left) => setUnread(left.unread),
    onError: () => outdate(),
  })
}

/** Marks all as read, or all that there were when `newest` was the newest one. */
export function useReadAll() {
  const { markRead, outdate, setUnread } = useInboxCache()
  return useMutation({
    mutation: async (newest: number | undefined) =>
      (await readAllNotifications({ body: { up_to: newest } })).data,
    onSuccess: (left, newest) => {
      markRead(({ id }) => newest === undefined || id <= newest)
      setUnread(left.unread)
    },
    onError: () => outdate(),
  })
}
