import type { MessageRead } from '@/api/generated/types.gen'
import type { FrameOf } from '@/realtime'

/** A stretch of a room's messages, oldest first, without gaps. */
export interface MessageLog {
  messages: readonly MessageRead[]
  /** Whether there are messages before the stretch, and after it. */
  hasOlder: boolean
  hasNewer: boolean
}

/** A part of the history as the server gives it. */
export interface HistoryPage {
  data: readonly MessageRead[]
  meta: { has_prev: boolean; has_next: boolean }
}

export type LogFrame = FrameOf<'message' | 'message_edited' | 'message_deleted' | 'reaction'>

/** So many are drawn at the most, however long someone stays. */
const MAX_MESSAGES = 500

export function fromPage({ data, meta }: HistoryPage): MessageLog {
  return { messages: data, hasOlder: meta.has_prev, hasNewer: meta.has_next }
}

/** Two neighbouring stretches as one; a message that is in both counts as the later one has it. */
function joined(before: readonly MessageRead[], after: readonly MessageRead[]): MessageRead[] {
  const later = new Set(after.map(({ id }) => id))
  return [...before.filter(({ id }) => !later.has(id)), ...after]
}

export function withOlder(log: MessageLog, page: HistoryPage): MessageLog {
  return { ...log, messages: joined(page.data, log.messages), hasOlder: page.meta.has_prev }
}

export function withNewer(log: MessageLog, page: HistoryPage): MessageLog {
  return { ...log, messages: joined(log.messages, page.data), hasNewer: page.meta.has_next }
}

/** No more than `max` messages: those at the end that is being read stay. */
export function trimmed(
  log: MessageLog,
  keep: 'oldest' | 'newest',
  max = MAX_MESSAGES,
): MessageLog {
  if (log.messages.length <= max) return log
  return keep === 'newest'
    ? { ...log, messages: log.messages.slice(-max), hasOlder: true }
    : { ...log, messages: log.messages.slice(0, max), hasNewer: true }
}

function changed(
  log: MessageLog,
  id: number,
  change: (message: MessageRead) => MessageRead,
): MessageLog {
  const at = log.messages.findIndex((message) => message.id === id)
  if (at < 0) return log
  const next = change(log.messages[at]!)
  return next === log.messages[at] ? log : { ...log, messages: log.messages.with(at, next) }
}

/** Someone answers a message with an emoji, or takes that back. Emojis stay in the order they came. */
export function reacted(
  log: MessageLog,
  { id, emoji, on, userId }: { id: number; emoji: string; on: boolean; userId: number },
): MessageLog {
  return changed(log, id, (message) => {
    const given = message.reactions.find((reaction) => reaction.emoji === emoji)
    if ((given?.user_ids.includes(userId) ?? false) === on) return message
    if (!given) {
      return { ...message, reactions: [...message.reactions, { emoji, user_ids: [userId] }] }
    }
    const others = given.user_ids.filter((other) => other !== userId)
    const now = { emoji, user_ids: on ? [...others, userId] : others }
    const reactions = message.reactions.map((reaction) => (reaction === given ? now : reaction))
    return { ...message, reactions: reactions.filter(({ user_ids: users }) => users.length > 0) }
  })
}

const GONE = { content: '', files: [], reactions: [] }

function fromFrame(frame: FrameOf<'message'>, known?: MessageRead): MessageRead {
  const { id, room, seq, content, cid, user, timestamp, edited_at, deleted_at, files } = frame
  const said = { id, room, seq, content, cid, user, timestamp, edited_at, deleted_at, files }
  const message = { ...said, reactions: known?.reactions ?? [] }
  return deleted_at === null ? message : { ...message, ...GONE }
}

function saysTheSame(message: MessageRead, frame: FrameOf<'message'>): boolean {
  const { content, edited_at: edited, deleted_at: deleted } = message
  return frame.content === content && frame.edited_at === edited && frame.deleted_at === deleted
}

/** Whether what is known of a message says more than a frame of this moment. */
function isLater(message: MessageRead, timestamp: string): boolean {
  const edited = message.edited_at
  return (
    message.deleted_at !== null || (edited !== null && Date.parse(edited) > Date.parse(timestamp))
  )
}

function withMessage(log: MessageLog, frame: FrameOf<'message'>): MessageLog {
  const { messages } = log
  const known = messages.find(({ id }) => id === frame.id)
  if (known) {
    const told = frame.deleted_at ?? frame.edited_at ?? frame.timestamp
    return saysTheSame(known, frame) || isLater(known, told)
      ? log
      : changed(log, frame.id, () => fromFrame(frame, known))
  }
  // What lies outside of the stretch comes with the part of the history that it is in.
  const isOlder = messages.length > 0 && frame.seq < messages[0]!.seq
  if (log.hasNewer || (isOlder && log.hasOlder)) return log
  const at = messages.findLastIndex(({ seq }) => seq < frame.seq) + 1
  return { ...log, messages: messages.toSpliced(at, 0, fromFrame(frame)) }
}

/**
 * What a frame makes of the log; the same one when it says nothing new, as when it comes twice. A
 * frame about a message that isn't in the stretch is nothing to it.
 */
export function applyFrame(log: MessageLog, frame: LogFrame): MessageLog {
  switch (frame.type) {
    case 'message':
      return withMessage(log, frame)
    case 'message_edited':
      return changed(log, frame.id, (message) =>
        isLater(message, frame.timestamp)
          ? message
          : { ...message, content: frame.content, edited_at: frame.timestamp },
      )
    case 'message_deleted':
      return changed(log, frame.id, (message) =>
        message.deleted_at ? message : { ...message, ...GONE, deleted_at: frame.timestamp },
      )
    case 'reaction':
      return reacted(log, { ...frame, userId: frame.user.id })
  }
}
