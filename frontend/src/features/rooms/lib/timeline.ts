import type { ShownMessage } from './outgoing'

/** A message with what stands around it in the list. */
export interface TimelineEntry {
  /** Stays the same from pending to sent. */
  key: string
  message: ShownMessage
  isOwn: boolean
  /** The first of its day, by the clock of this browser. */
  startsDay: boolean
  /** The first that hasn't been read. */
  startsUnread: boolean
  /** The first of several of one person: the one that shows who it is. */
  startsGroup: boolean
}

/** Messages that follow on each other within this time stand together. */
const GROUP_MS = 5 * 60_000

/** The calendar day of a moment where the reader is. */
export function localDay(timestamp: string | Date): string {
  const date = new Date(timestamp)
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

function isContinued(before: ShownMessage, message: ShownMessage): boolean {
  const pause = Date.parse(message.timestamp) - Date.parse(before.timestamp)
  return before.user.id === message.user.id && pause < GROUP_MS
}

/** `readSeq`: up to where everything was read when the line of unread messages was drawn; null for none. */
export function buildTimeline(
  messages: readonly ShownMessage[],
  { myId, readSeq }: { myId: number; readSeq: number | null },
): TimelineEntry[] {
  let isMarked = readSeq === null
  return messages.map((message, index) => {
    const before = messages[index - 1]
    const isOwn = message.user.id === myId
    const startsDay = !before || localDay(before.timestamp) !== localDay(message.timestamp)
    const startsUnread = !isMarked && !isOwn && message.seq !== null && message.seq > readSeq!
    if (startsUnread) isMarked = true
    const startsGroup = startsDay || startsUnread || !isContinued(before!, message)
    const key = `${message.user.id}:${message.cid}`
    return { key, message, isOwn, startsDay, startsUnread, startsGroup }
  })
}
