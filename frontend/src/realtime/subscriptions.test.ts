import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ClientFrame, ClientFrameOf, FrameOf } from './frames'
import { createSubscriptions } from './subscriptions'

const user = { id: 2, username: 'jiro', full_name: null }
const timestamp = '2026-01-31T09:30:00Z'

function message(seq: number, room = 'general'): FrameOf<'message'> {
  const content = `No. ${seq}`
  const times = { timestamp, edited_at: null, deleted_at: null }
  const said = { room, content, cid: `c${seq}`, user, files: [] }
  return { type: 'message', id: seq, seq, ...said, ...times }
}

function subscribed(seq: number, recovered = false, epoch = 'e1'): FrameOf<'subscribed'> {
  return { type: 'subscribed', room: 'general', epoch, seq, recovered }
}

/** Rooms over a connection that can be cut; `sent` has what went out over it. */
function start() {
  let sent: ClientFrame[] = []
  let isOpen = true
  const told = vi.fn<(frame: FrameOf<'resync'>) => void>()
  const rooms = createSubscriptions((frame) => {
    if (isOpen) sent.push(frame)
    return isOpen
  }, told)
  return {
    rooms,
    told,
    /** What was sent since the last look, without what only tells requests apart. */
    looked() {
      const frames = sent.map((frame) => ({ ...frame, cid: undefined }))
      sent = []
      return frames
    },
    /** The `cid` of the subscription that was sent last. */
    cid: () => (sent.at(-1) as ClientFrameOf<'subscribe'>).cid!,
    cut() {
      isOpen = false
      rooms.interrupted()
    },
    back() {
      isOpen = true
      rooms.resume()
    },
    /** Which of these messages are passed on. */
    passed: (...numbers: number[]) => numbers.filter((seq) => rooms.receive(message(seq))),
  }
}

/** A room that is heard from number 5 on. */
function startInRoom() {
  const own = start()
  const held = own.rooms.hold('general')
  own.rooms.receive(subscribed(5))
  own.looked()
  return { ...own, held }
}

describe('holding a room', () => {
  it('subscribes once for all who hold it, and leaves it with the last of them', () => {
    const { rooms, looked } = start()
    const first = rooms.hold('general')
    const second = rooms.hold('general')
    expect(looked()).toEqual([{ type: 'subscribe', room: 'general' }])
    first.release()
    first.release()
    expect(looked()).toEqual([])
    second.release()
    expect(looked()).toEqual([{ type: 'unsubscribe', room: 'general' }])
  })

  it('says when the room is heard', () => {
    const { rooms } = start()
    const { isHeard } = rooms.hold('general')
    expect(isHeard.value).toBe(false)
    rooms.receive(subscribed(5))
    expect(isHeard.value).toBe(true)
  })

  it('says why the room is not heard', () => {
    const { rooms, cid } = start()
    const { isHeard, error } = rooms.hold('secret')
    const refusal = { type: 'error', code: 'FORBIDDEN', message: 'No', details: {} } as const
    rooms.receive({ ...refusal, cid: 'another' })
    expect(error.value).toBeNull()
    rooms.receive({ ...refusal, cid: cid() })
    expect(isHeard.value).toBe(false)
    expect(error.value).toMatchObject({ code: 'FORBIDDEN', message: 'No' })
  })

  it('is not confused by the answer to an earlier leave', () => {
    const { rooms, passed } = start()
    rooms.hold('general').release()
    const { isHeard } = rooms.hold('general')
    rooms.receive({ type: 'unsubscribed', room: 'general', reason: 'asked' })
    rooms.receive(subscribed(7))
    expect(isHeard.value).toBe(true)
    expect(passed(7, 8)).toEqual([8])
  })

  it('begins anew when the room is held again', () => {
    const { rooms, held, looked } = startInRoom()
    held.release()
    rooms.hold('general')
    expect(looked()).toEqual([
      { type: 'unsubscribe', room: 'general' },
      { type: 'subscribe', room: 'general' },
    ])
  })
})

describe('the frames of a room', () => {
  it('are passed on once, and in order', () => {
    const { passed, looked } = startInRoom()
    expect(passed(5, 6, 6, 7, 5, 8)).toEqual([6, 7, 8])
    expect(looked()).toEqual([])
  })

  it('are counted whatever they say', () => {
    const { rooms, passed } = startInRoom()
    const place = { id: 1, room: 'general', user, timestamp }
    expect(rooms.receive({ type: 'message_deleted', seq: 6, ...place })).toBe(true)
    expect(rooms.receive({ type: 'reaction', seq: 7, emoji: '👍', on: true, ...place })).toBe(true)
    expect(rooms.receive({ type: 'message_edited', seq: 7, content: 'x', ...place })).toBe(false)
    expect(passed(8)).toEqual([8])
  })

  it('are asked for once where one is missing, and come in order', () => {
    const { rooms, passed, looked, told } = startInRoom()
    expect(passed(8, 9)).toEqual([])
    expect(looked()).toEqual([{ type: 'subscribe', room: 'general', since: 5, epoch: 'e1' }])
    rooms.receive(subscribed(9, true))
    expect(passed(6, 7, 8, 9, 10)).toEqual([6, 7, 8, 9, 10])
    expect(looked()).toEqual([])
    expect(told).not.toHaveBeenCalled()
  })

  it('have a resync in front of them where asking is of no use', () => {
    const { rooms, passed, looked, told } = startInRoom()
    passed(8)
    rooms.receive(subscribed(8, true))
    looked()
    expect(passed(8, 9)).toEqual([8, 9])
    expect(told.mock.calls).toEqual([[{ type: 'resync', room: 'general', reason: 'behind' }]])
    expect(looked()).toEqual([])
  })

  it('go on after a resync of the server, from wherever it is', () => {
    const { rooms, passed, looked } = startInRoom()
    expect(rooms.receive({ type: 'resync', room: 'general', reason: 'behind' })).toBe(true)
    expect(passed(900, 901)).toEqual([900, 901])
    expect(looked()).toEqual([])
  })

  it('of a room that nobody holds, and what is not of a log, pass by', () => {
    const { rooms } = startInRoom()
    expect(rooms.receive(message(3, 'another'))).toBe(true)
    expect(rooms.receive({ type: 'account_changed' })).toBe(true)
    expect(rooms.receive({ type: 'resync', room: null, reason: 'behind' })).toBe(true)
  })
})

describe('after a reconnect', () => {
  it('goes on where it was, and gets what was missed once', () => {
    const { rooms, held, passed, looked, cut, back } = startInRoom()
    passed(6)
    cut()
    expect(held.isHeard.value).toBe(true)
    back()
    expect(looked()).toEqual([{ type: 'subscribe', room: 'general', since: 6, epoch: 'e1' }])
    rooms.receive(subscribed(8, true))
    expect(passed(7, 8, 8, 9)).toEqual([7, 8, 9])
  })

  it('goes on from the head after a resync', () => {
    const { rooms, passed, looked, cut, back } = startInRoom()
    cut()
    back()
    looked()
    rooms.receive({ type: 'resync', room: 'general', reason: 'epoch' })
    rooms.receive(subscribed(2, false, 'e2'))
    expect(passed(2, 3)).toEqual([3])
    cut()
    back()
    expect(looked()).toEqual([{ type: 'subscribe', room: 'general', since: 3, epoch: 'e2' }])
  })

  it('asks again for a gap that was not filled before', () => {
    const { passed, looked, cut, back } = startInRoom()
    passed(8)
    cut()
    back()
    expect(looked().slice(1)).toEqual([
      { type: 'subscribe', room: 'general', since: 5, epoch: 'e1' },
    ])
  })

  it('subscribes to what was held while there was no connection', () => {
    const { rooms, looked, cut, back } = start()
    cut()
    rooms.hold('general')
    rooms.hold('gone').release()
    expect(looked()).toEqual([])
    back()
    expect(looked()).toEqual([{ type: 'subscribe', room: 'general' }])
  })

  it.each(['deleted', 'removed'] as const)('leaves alone what was %s', (reason) => {
    const { rooms, held, looked, cut, back } = startInRoom()
    rooms.receive({ type: 'unsubscribed', room: 'general', reason })
    expect(held.isHeard.value).toBe(false)
    cut()
    back()
    expect(looked()).toEqual([])
  })

  it('tells the next person nothing of where the last one was', () => {
    const { rooms, held, looked, back } = startInRoom()
    rooms.forget()
    expect(held.isHeard.value).toBe(false)
    back()
    expect(looked()).toEqual([{ type: 'subscribe', room: 'general' }])
  })
})

describe('a server that can not subscribe at the moment', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const failure = {
    type: 'error',
    code: 'SERVICE_UNAVAILABLE',
    message: 'Later',
    details: {},
  } as const

  it('is asked again', () => {
    const { rooms, looked, cid } = start()
    const { error } = rooms.hold('general')
    rooms.receive({ ...failure, cid: cid() })
    expect(error.value).toBeNull()
    looked()
    vi.advanceTimersByTime(1000)
    expect(looked()).toEqual([{ type: 'subscribe', room: 'general' }])
  })

  it('is not asked for a room that was left meanwhile', () => {
    const { rooms, looked, cid } = start()
    const held = rooms.hold('general')
    rooms.receive({ ...failure, cid: cid() })
    held.release()
    looked()
    vi.advanceTimersByTime(60_000)
    expect(looked()).toEqual([])
  })
})
