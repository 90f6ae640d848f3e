import type { AppError } from '@/api'
import type { MessageFile, MessageRead, Person } from '@/api/generated/types.gen'
import type { FrameOf } from '@/realtime'

/** A message of one's own, from the moment it was sent until it comes back with the room's others. */
export interface Outgoing {
  cid: string
  room: string
  content: string
  files: readonly MessageFile[]
  timestamp: string
  /** `uploading`: its files are on their way, as uploads whose context is its `cid`. */
  state: 'uploading' | 'pending' | 'sent' | 'failed'
  /** Why it was refused. */
  error: AppError | null
  /** Its place in the log, once it has one. */
  id: number | null
  seq: number | null
}

type Queue = readonly Outgoing[]

function changed(queue: Queue, cid: string, changes: Partial<Outgoing>): Queue {
  return queue.map((entry) => (entry.cid === cid ? { ...entry, ...changes } : entry))
}

export function queued(
  queue: Queue,
  message: Pick<Outgoing, 'cid' | 'room' | 'content'>,
  state: 'uploading' | 'pending' = 'pending',
): Queue {
  const timestamp = new Date().toISOString()
  const start = { files: [], timestamp, state, error: null, id: null, seq: null }
  return [...queue, { ...message, ...start }]
}

/** Its files have arrived, so it can be sent. */
export const uploaded = (queue: Queue, cid: string, files: readonly MessageFile[]): Queue =>
  changed(queue, cid, { state: 'pending', files })

export const acknowledged = (queue: Queue, { cid, id, seq }: FrameOf<'ack'>): Queue =>
  changed(queue, cid, { state: 'sent', error: null, id, seq })

export const refused = (queue: Queue, cid: string, error: AppError): Queue =>
  changed(queue, cid, { state: 'failed', error })

export const retried = (queue: Queue, cid: string): Queue =>
  changed(queue, cid, { state: 'pending', error: null })

export const without = (queue: Queue, cid: string): Queue =>
  queue.some((entry) => entry.cid === cid) ? queue.filter((entry) => entry.cid !== cid) : queue

/** A message as the list shows it. */
export interface ShownMessage extends Omit<MessageRead, 'id' | 'seq'> {
  id: number | null
  seq: number | null
  state: Outgoing['state']
  error: AppError | null
}

/**
 * The messages of the log and those that aren't among them yet: one that was acknowledged stands at
 * its place, what is still on its way comes at the end. However ack and message follow on each other,
 * each is there once.
 */
export function withOutgoing(messages: readonly MessageRead[], queue: Queue, me: Person) {
  const known = new Set(messages.filter(({ user }) => user.id === me.id).map(({ cid }) => cid))
  const shown: ShownMessage[] = messages.map((m) => ({ ...m, state: 'sent', error: null }))
  for (const entry of queue) {
    if (known.has(entry.cid)) continue
    const { seq, files } = entry
    const rest = { user: me, edited_at: null, deleted_at: null, reactions: [] }
    const message = { ...entry, ...rest, files: [...files] }
    const place = seq === null ? -1 : shown.findIndex((other) => (other.seq ?? Infinity) > seq)
    shown.splice(place < 0 ? shown.length : place, 0, message)
  }
  return shown
}
