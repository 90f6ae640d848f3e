import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HANAKO, TARO, aMessage } from '../testing'
import { withOutgoing } from './outgoing'
import { buildTimeline, localDay } from './timeline'

const entries = (messages: ReturnType<typeof aMessage>[], readSeq: number | null = null) =>
  buildTimeline(withOutgoing(messages, [], HANAKO), { myId: HANAKO.id, readSeq })
const marks = (...args: Parameters<typeof entries>) =>
  entries(...args).map(({ startsDay, startsUnread, startsGroup }) =>
    [startsDay && 'day', startsUnread && 'unread', startsGroup && 'group'].filter(Boolean).join(),
  )
const at = (timestamp: string) => ({ timestamp })

beforeEach(() => vi.stubEnv('TZ', 'Asia/Tokyo'))
afterEach(() => vi.unstubAllEnvs())

describe('days', () => {
  it('are those of the reader: in Tokyo a day begins at 15:00 UTC', () => {
    expect(localDay('2026-01-31T14:59:59Z')).toBe('2026-1-31')
    expect(localDay('2026-01-31T15:00:00Z')).toBe('2026-2-1')
    expect(
      marks([aMessage(1, at('2026-01-31T14:59:00Z')), aMessage(2, at('2026-01-31T15:00:00Z'))]),
    ).toEqual(['day,group', 'day,group'])
  })

  it('do not end at midnight UTC', () => {
    expect(
      marks([aMessage(1, at('2026-01-31T23:59:00Z')), aMessage(2, at('2026-02-01T00:01:00Z'))]),
    ).toEqual(['day,group', ''])
  })
})

describe('groups', () => {
  it('are of one person', () => {
    const messages = [aMessage(1), aMessage(2), aMessage(3, { user: HANAKO }), aMessage(4)]
    expect(marks(messages)).toEqual(['day,group', '', 'group', 'group'])
    expect(entries(messages).map(({ isOwn }) => isOwn)).toEqual([false, false, true, false])
  })

  it('end after a pause', () => {
    const later = aMessage(2, at('2026-01-31T09:06:00Z'))
    expect(marks([aMessage(1), later])).toEqual(['day,group', 'group'])
  })
})

describe('the line of unread messages', () => {
  it("is before the first of others' after what was read", () => {
    const own = aMessage(2, { user: HANAKO })
    expect(marks([aMessage(1), own, aMessage(3), aMessage(4)], 1)).toEqual([
      'day,group',
      'group',
      'unread,group',
      '',
    ])
  })

  it('is not there when everything was read, or when it was not asked for', () => {
    expect(marks([aMessage(1), aMessage(2)], 2)).toEqual(['day,group', ''])
    expect(marks([aMessage(1)])).toEqual(['day,group'])
  })
})

it('keeps the key of a message from pending to sent', () => {
  const own = aMessage(2, { cid: 'mine', user: HANAKO })
  const pending = { ...own, id: null, seq: null, state: 'pending' as const, error: null }
  const [before] = buildTimeline([pending], { myId: 1, readSeq: null })
  const [after] = entries([own])
  expect(after!.key).toBe(before!.key)
  expect(entries([{ ...own, user: TARO }])[0]!.key).not.toBe(after!.key)
})
