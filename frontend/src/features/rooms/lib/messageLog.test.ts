import { describe, expect, it } from 'vitest'
import { HANAKO, TARO, aMessage, aMessageFrame } from '../testing'
import {
  applyFrame,
  fromPage,
  type LogFrame,
  type MessageLog,
  reacted,
  trimmed,
  withNewer,
  withOlder,
} from './messageLog'

const page = (seqs: number[], has_prev = false, has_next = false) => ({
  data: seqs.map((seq) => aMessage(seq)),
  meta: { has_prev, has_next },
})
const log = (seqs: number[], changes: Partial<MessageLog> = {}): MessageLog => ({
  ...fromPage(page(seqs)),
  ...changes,
})
const seqs = ({ messages }: MessageLog) => messages.map(({ seq }) => seq)

const about = { room: 'general', user: TARO, timestamp: '2026-01-31T10:00:00Z' }
const edited = (id: number, seq: number, content: string): LogFrame => ({
  type: 'message_edited',
  id,
  seq,
  content,
  ...about,
})
const deleted = (id: number, seq: number): LogFrame => ({
  type: 'message_deleted',
  id,
  seq,
  ...about,
})
const reaction = (id: number, on: boolean, user = TARO): LogFrame => ({
  type: 'reaction',
  id,
  seq: 50,
  emoji: '👍',
  on,
  ...about,
  user,
})

describe('stretches of the history', () => {
  it('grow at either end, each message once', () => {
    const start = fromPage(page([5, 6], true, true))
    const older = withOlder(start, page([3, 4, 5]))
    expect(seqs(older)).toEqual([3, 4, 5, 6])
    expect(older).toMatchObject({ hasOlder: false, hasNewer: true })
    const newer = withNewer(older, page([6, 7]))
    expect(seqs(newer)).toEqual([3, 4, 5, 6, 7])
    expect(newer.hasNewer).toBe(false)
  })

  it('lose what is farthest from the end that is being read', () => {
    expect(trimmed(log([1, 2, 3]), 'newest', 3)).toEqual(log([1, 2, 3]))
    expect(trimmed(log([1, 2, 3]), 'newest', 2)).toEqual(log([2, 3], { hasOlder: true }))
    expect(trimmed(log([1, 2, 3]), 'oldest', 2)).toEqual(log([1, 2], { hasNewer: true }))
  })
})

describe('a message that comes', () => {
  it('stands at the end, once', () => {
    const once = applyFrame(log([1]), aMessageFrame(2))
    expect(seqs(once)).toEqual([1, 2])
    expect(applyFrame(once, aMessageFrame(2))).toBe(once)
  })

  it('stands where its number says, also when it comes late', () => {
    expect(seqs(applyFrame(log([1, 3]), aMessageFrame(2)))).toEqual([1, 2, 3])
    expect(seqs(applyFrame(log([]), aMessageFrame(2)))).toEqual([2])
  })

  it('waits where there are messages in between that were not loaded', () => {
    const past = log([1, 2], { hasNewer: true })
    expect(applyFrame(past, aMessageFrame(9))).toBe(past)
    const later = log([5, 6], { hasOlder: true })
    expect(applyFrame(later, aMessageFrame(2))).toBe(later)
  })

  it('says what is left of it when it comes again, and keeps its reactions', () => {
    const before = applyFrame(log([1]), reaction(101, true))
    const now = applyFrame(
      before,
      aMessageFrame(1, { content: 'Better', edited_at: '2026-01-31T11:00:00Z' }),
    )
    expect(now.messages[0]).toMatchObject({
      content: 'Better',
      reactions: [{ emoji: '👍', user_ids: [2] }],
    })
    const gone = { content: '', deleted_at: '2026-01-31T12:00:00Z' }
    expect(applyFrame(now, aMessageFrame(1, gone)).messages[0]).toMatchObject({
      ...gone,
      reactions: [],
    })
  })

  it('never takes back an edit that is known already', () => {
    const now = applyFrame(log([1]), edited(101, 2, 'Better'))
    expect(applyFrame(now, aMessageFrame(1))).toBe(now)
  })
})

describe('a change of a message', () => {
  it('is seen, and is nothing when it comes again', () => {
    const now = applyFrame(log([1, 2]), edited(101, 3, 'Better'))
    expect(now.messages[0]).toMatchObject({ content: 'Better', edited_at: about.timestamp })
    expect(applyFrame(now, { ...edited(101, 3, 'Old'), timestamp: '2026-01-31T09:59:00Z' })).toBe(
      now,
    )
  })

  it('takes away the text and the reactions of a deleted one, for good', () => {
    const now = applyFrame(applyFrame(log([1]), reaction(101, true)), deleted(101, 3))
    expect(now.messages[0]).toMatchObject({
      content: '',
      reactions: [],
      deleted_at: about.timestamp,
    })
    expect(applyFrame(now, edited(101, 4, 'Back'))).toBe(now)
    expect(applyFrame(now, deleted(101, 3))).toBe(now)
  })

  it('of one that is not there is nothing', () => {
    const now = log([1])
    for (const frame of [edited(999, 3, 'x'), deleted(999, 3), reaction(999, true)]) {
      expect(applyFrame(now, frame)).toBe(now)
    }
  })
})

describe('reactions', () => {
  it('count each person once, and go when the last one takes theirs back', () => {
    const one = applyFrame(log([1]), reaction(101, true))
    expect(applyFrame(one, reaction(101, true))).toBe(one)
    const two = applyFrame(one, reaction(101, true, HANAKO))
    expect(two.messages[0]!.reactions).toEqual([{ emoji: '👍', user_ids: [2, 1] }])
    const back = applyFrame(two, reaction(101, false))
    expect(back.messages[0]!.reactions).toEqual([{ emoji: '👍', user_ids: [1] }])
    expect(applyFrame(back, reaction(101, false, HANAKO)).messages[0]!.reactions).toEqual([])
  })

  it('keep their order', () => {
    const heart = { id: 101, emoji: '❤️', on: true, userId: 1 }
    const both = reacted(applyFrame(log([1]), reaction(101, true)), heart)
    const now = applyFrame(both, reaction(101, true, HANAKO))
    expect(now.messages[0]!.reactions.map(({ emoji }) => emoji)).toEqual(['👍', '❤️'])
  })
})
