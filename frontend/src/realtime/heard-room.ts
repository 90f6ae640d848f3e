import { shallowRef } from 'vue'
import type { AppError } from '@/api'
import { randomId } from '@/shared/lib/random-id'
import { createBackoff } from './backoff'
import { errorOf, isPassing } from './errors'
import type { ClientFrame, FrameOf, ServerFrame } from './frames'

/** The frames of a room's log: each has the number after that of the one before. */
export type DurableFrame = FrameOf<'message' | 'message_edited' | 'message_deleted' | 'reaction'>

const DURABLE: readonly ServerFrame['type'][] = [
  'message',
  'message_edited',
  'message_deleted',
  'reaction',
]

export function isDurable(frame: ServerFrame): frame is DurableFrame {
  return DURABLE.includes(frame.type)
}

/** Where in a room's log we are. */
interface Position {
  /** The log's name; another one means that it is another log. */
  epoch: string
  /** The number of the last frame that was passed on. */
  seq: number
}

/**
 * One room that is listened to: it keeps its place in the room's log over reconnects, passes each frame
 * of the log on once and in order, and asks for those that are missing.
 */
export function createHeardRoom(
  name: string,
  send: (frame: ClientFrame) => boolean,
  /** Gets a `resync` where we find out ourselves that something can't be had. */
  tell: (frame: FrameOf<'resync'>) => void,
) {
  /**
   * Whether the room is followed: together with what is fetched from here on, nothing is missed. It
   * outlives a reconnect, after which what was missed comes, or a `resync`.
   */
  const isHeard = shallowRef(false)
  /** Why it isn't, if the server refused it. */
  const error = shallowRef<AppError | null>(null)
  let position: Position | null = null
  /** By which the server answers the subscription that is under way. */
  let cid: string | null = null
  /** The place from which a gap was asked to be filled, in vain if it is found there again. */
  let filledFrom: number | null = null
  /** The server has said that it can't send what was missed: the next frame may have any number. */
  let isBroken = false
  /** It was deleted, or we were shown out: asking again might make a new room of that name. */
  let isOver = false
  const backoff = createBackoff()
  let retry: ReturnType<typeof setTimeout> | undefined

  function subscribe(): void {
    clearTimeout(retry)
    if (isOver) return
    cid = randomId()
    error.value = null
    send({
      type: 'subscribe',
      cid,
      room: name,
      ...(position && { since: position.seq, epoch: position.epoch }),
    })
  }

  function subscribed({ epoch, seq, recovered }: FrameOf<'subscribed'>): void {
    cid = null
    backoff.reset()
    isBroken = false
    position = recovered && position ? { ...position, epoch } : { epoch, seq }
    isHeard.value = true
  }

  /** Whether to pass it on. */
  function admit({ seq }: DurableFrame): boolean {
    if (position === null) return true
    if (seq <= position.seq) return false
    if (seq > position.seq + 1 && !isBroken) {
      if (cid !== null) return false // What was asked for brings this one, too.
      if (filledFrom !== position.seq) {
        filledFrom = position.seq
        subscribe()
        return false
      }
      tell({ type: 'resync', room: name, reason: 'behind' })
    }
    isBroken = false
    position = { ...position, seq }
    return true
  }

  function refused(frame: FrameOf<'error'>): void {
    if (frame.cid === null || frame.cid !== cid) return
    cid = null
    const reason = errorOf(frame)
    if (isPassing(reason)) {
      retry = setTimeout(subscribe, backoff.next())
    } else {
      isHeard.value = false
      error.value = reason
    }
  }

  function ended({ reason }: FrameOf<'unsubscribed'>): void {
    if (reason === 'asked') return
    isOver = true
    isHeard.value = false
  }

  /** The connection is gone. */
  function interrupted(): void {
    clearTimeout(retry)
    cid = null
    filledFrom = null
  }

  return {
    isHeard,
    error,
    admit,
    interrupted,
    /** Asks to hear the room; after a reconnect, from where we were. */
    subscribe,
    /** Takes what the server says about the subscription. */
    receive(frame: ServerFrame): void {
      if (frame.type === 'subscribed') subscribed(frame)
      else if (frame.type === 'unsubscribed') ended(frame)
      else if (frame.type === 'resync') isBroken = true
      else if (frame.type === 'error') refused(frame)
    },
    /** Begins anew, for someone else. */
    forget(): void {
      interrupted()
      position = null
      isBroken = isOver = isHeard.value = false
      error.value = null
    },
  }
}

export type HeardRoom = ReturnType<typeof createHeardRoom>
