import type { ClientFrame, FrameOf, ServerFrame } from './frames'
import { createHeardRoom, type HeardRoom, isDurable } from './heard-room'

/** Someone's hold on a room. */
export interface Held extends Pick<HeardRoom, 'isHeard' | 'error'> {
  /** The room isn't needed any more; it is left when nobody else holds it. */
  release(): void
}

export interface Subscriptions {
  /** Listens to a room as long as someone holds it. */
  hold(room: string): Held
  /** There is a new connection: go on where the last one ended. */
  resume(): void
  /** The connection is gone. */
  interrupted(): void
  /** Takes in a frame; whether it is to be passed on. */
  receive(frame: ServerFrame): boolean
  /** Forgets where we were in each room: the next connection may be someone else's. */
  forget(): void
}

/** The rooms that are listened to, each once, however many components show it. */
export function createSubscriptions(
  send: (frame: ClientFrame) => boolean,
  tell: (frame: FrameOf<'resync'>) => void,
): Subscriptions {
  const rooms = new Map<string, { room: HeardRoom; holders: number }>()

  function enter(name: string) {
    const entry = { room: createHeardRoom(name, send, tell), holders: 0 }
    rooms.set(name, entry)
    entry.room.subscribe()
    return entry
  }

  return {
    hold(name) {
      const entry = rooms.get(name) ?? enter(name)
      entry.holders += 1
      let isHeld = true
      return {
        isHeard: entry.room.isHeard,
        error: entry.room.error,
        release() {
          if (!isHeld) return
          isHeld = false
          entry.holders -= 1
          if (entry.holders > 0 || rooms.get(name) !== entry) return
          rooms.delete(name)
          entry.room.interrupted()
          send({ type: 'unsubscribe', room: name })
        },
      }
    },
    resume() {
      for (const { room } of rooms.values()) room.subscribe()
    },
    interrupted() {
      for (const { room } of rooms.values()) room.interrupted()
    },
    receive(frame) {
      if (frame.type === 'error') {
        for (const { room } of rooms.values()) room.receive(frame)
        return true
      }
      const entry = 'room' in frame && frame.room !== null ? rooms.get(frame.room) : undefined
      if (!entry) return true
      if (isDurable(frame)) return entry.room.admit(frame)
      entry.room.receive(frame)
      return true
    },
    forget() {
      for (const { room } of rooms.values()) room.forget()
    },
  }
}
