import { onFrame, onReady } from '@/realtime'
import { useInboxCache } from './cache'

/** Keeps one's notifications up to date, whatever page is open. */
export function start(): void {
  const { add, listEntries, outdate, setUnread } = useInboxCache()

  onFrame('notification', ({ data, unread }) => {
    setUnread(unread)
    add(data)
  })
  // Which ones were read, here or on another device, the frame doesn't say.
  onFrame('notifications_read', ({ unread }) => {
    setUnread(unread)
    outdate(listEntries())
  })
  // Nothing was heard before, or while there was no connection.
  onReady(() => outdate())
  onFrame('resync', ({ room }) => {
    if (room === null) outdate()
  })
}
