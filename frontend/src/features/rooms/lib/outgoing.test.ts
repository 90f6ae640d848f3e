import { describe, expect, it } from 'vitest'
import { AppError } from '@/api'
import { HANAKO, aMessage } from '../testing'
import { acknowledged, queued, refused, retried, withOutgoing, without } from './outgoing'

const one = queued([], { cid: 'mine', room: 'general', content: 'Hello' })
const ack = {
  type: 'ack' as const,
  cid: 'mine',
  room: 'general',
  id: 102,
  seq: 2,
  duplicate: false,
}
const contents = (queue: typeof one, messages = [aMessage(1)]) =>
  withOutgoing(messages, queue, HANAKO).map(({ content, state }) => `${content}: ${state}`)

describe('messages on their way', () => {
  it('are at the end at once, and stay there until they have a place', () => {
    expect(contents(one)).toEqual(['Message 1: sent', 'Hello: pending'])
    expect(contents(one, [aMessage(1), aMessage(2)])).toEqual([
      'Message 1: sent',
      'Message 2: sent',
      'Hello: pending',
    ])
  })

  it('are there once when the acknowledgement comes first', () => {
    const sent = acknowledged(one, ack)
    expect(contents(sent, [aMessage(1), aMessage(3)])).toEqual([
      'Message 1: sent',
      'Hello: sent',
      'Message 3: sent',
    ])
    const own = aMessage(2, { cid: 'mine', content: 'Hello', user: HANAKO })
    expect(contents(sent, [aMessage(1), own])).toEqual(['Message 1: sent', 'Hello: sent'])
  })

  it('are there once when the message comes first', () => {
    const own = aMessage(2, { cid: 'mine', content: 'Hello', user: HANAKO })
    expect(contents(one, [own])).toEqual(['Hello: sent'])
    expect(contents(acknowledged(one, ack), [own])).toEqual(['Hello: sent'])
  })

  it("aren't taken for someone else's of the same name", () => {
    const other = aMessage(2, { cid: 'mine', content: 'Mine, too' })
    expect(contents(one, [other])).toEqual(['Mine, too: sent', 'Hello: pending'])
  })

  it('can be refused, tried again and given up', () => {
    const error = new AppError({ code: 'RATE_LIMITED' })
    const failed = refused(one, 'mine', error)
    expect(failed[0]).toMatchObject({ state: 'failed', error })
    expect(retried(failed, 'mine')[0]).toMatchObject({ cid: 'mine', state: 'pending', error: null })
    expect(without(failed, 'mine')).toEqual([])
    expect(without(failed, 'other')).toBe(failed)
  })

  it('keep the order in which they were sent', () => {
    const two = queued(one, { cid: 'second', room: 'general', content: 'Again' })
    expect(contents(two, [])).toEqual(['Hello: pending', 'Again: pending'])
  })
})
