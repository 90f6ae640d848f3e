import { describe, expect, it } from 'vitest'
import { aMessageFrame, aRoom, HANAKO } from '../testing'
import { byActivity, matches, withFrame } from './roomState'

describe('a room that hears a message', () => {
  const room = aRoom({ seq: 4, read_seq: 4 })

  it('has one more unread, and is as fresh as it', () => {
    const frame = aMessageFrame(5)
    expect(withFrame(room, frame, HANAKO.id)).toMatchObject({
      seq: 5,
      unread: 1,
      message_count: 1,
      last_message_at: frame.timestamp,
    })
  })

  it('counts each message once, its own and deleted ones not at all, and no further than 100', () => {
    const once = withFrame(room, aMessageFrame(5), HANAKO.id)
    expect(withFrame(once, aMessageFrame(5), HANAKO.id)).toBe(once)
    expect(withFrame(room, aMessageFrame(5, { user: HANAKO }), HANAKO.id).unread).toBe(0)
    const gone = aMessageFrame(5, { deleted_at: '2026-01-31T10:00:00Z' })
    expect(withFrame(room, gone, HANAKO.id).unread).toBe(0)
    expect(withFrame({ ...room, unread: 100 }, aMessageFrame(5), HANAKO.id).unread).toBe(100)
  })

  it('does not count what has been read elsewhere before it came', () => {
    expect(withFrame({ ...room, read_seq: 5 }, aMessageFrame(5), HANAKO.id).unread).toBe(0)
  })
})

it('takes in what was read elsewhere, but never goes back', () => {
  const room = aRoom({ seq: 9, read_seq: 4, unread: 3 })
  const read = { type: 'read' as const, room: 'general', seq: 8, unread: 1 }
  expect(withFrame(room, read, HANAKO.id)).toMatchObject({ read_seq: 8, unread: 1 })
  expect(withFrame(room, { ...read, seq: 3 }, HANAKO.id)).toBe(room)
})

it('sorts by the last message, or by when the room was made', () => {
  const old = aRoom({ name: 'old', created_at: '2026-01-01T00:00:00Z' })
  const fresh = aRoom({ name: 'fresh', created_at: '2026-01-03T00:00:00Z' })
  const lively = aRoom({ name: 'lively', last_message_at: '2026-01-04T00:00:00+00:00' })
  expect(byActivity([old, fresh, lively]).map(({ name }) => name)).toEqual([
    'lively',
    'fresh',
    'old',
  ])
})

it('finds rooms by name and topic, in either width', () => {
  const room = aRoom({ topic: 'ＭＵＳＵＢＩ の使い方' })
  expect(['gen', 'musubi', ' 使い方 ', ''].every((search) => matches(room, search))).toBe(true)
  expect(matches(room, 'other')).toBe(false)
})
