import { describe, expect, it } from 'vitest'
import { aNotification } from '../testing'
import { mentionOf, ownDataText, targetOf } from './mention'

describe('a notification', () => {
  it('of a mention leads to its message', () => {
    const notification = aNotification(7)
    expect(mentionOf(notification)).toEqual({
      room: 'general',
      seq: 7,
      excerpt: '@hanako message 7',
    })
    expect(targetOf(notification)).toEqual({ path: '/rooms/general', query: { at: '7' } })
  })

  it.each([
    { kind: 'later-kind' },
    { data: {} },
    { data: { room: 7, seq: 7 } },
    { data: { room: 'general', seq: '7' } },
  ])('of what is not understood leads nowhere: %j', (changes) => {
    expect(mentionOf(aNotification(7, changes))).toBeNull()
    expect(targetOf(aNotification(7, changes))).toBeNull()
  })

  it('may be without the words of the message', () => {
    const data = { room: 'general', seq: 7 }
    expect(mentionOf(aNotification(7, { data }))?.excerpt).toBe('')
  })

  it.each(['export_ready', 'import_done'])('of %s leads to the own data', (kind) => {
    const notification = aNotification(7, { kind, data: {}, actor: null })
    expect(ownDataText(notification)).not.toBeNull()
    expect(targetOf(notification)).toEqual({ path: '/settings/data' })
  })
})
