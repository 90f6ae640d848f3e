import { describe, expect, it } from 'vitest'
import { mentionAt, withMention } from './mention'

/** The caret stands where the text has a bar. */
function draft(marked: string) {
  const caret = marked.indexOf('|')
  return mentionAt(marked.replace('|', ''), caret)
}

describe('mentionAt', () => {
  it.each([
    ['@|', { start: 0, search: '' }],
    ['Hi @ha|', { start: 3, search: 'ha' }],
    ['Hi @ha|nako', { start: 3, search: 'ha' }],
    ['（@山|', { start: 1, search: '山' }],
    ['a\n@t|', { start: 2, search: 't' }],
    ['さん@ha|', { start: 2, search: 'ha' }],
    ['＠ha|', { start: 0, search: 'ha' }],
  ])('sees the name that is being written in %j', (text, expected) => {
    expect(draft(text)).toEqual(expected)
  })

  it.each(['|@ha', 'me@ha|', '@ha |', 'ha|', `@${'a'.repeat(51)}|`])('sees none in %j', (text) => {
    expect(draft(text)).toBeNull()
  })
})

describe('withMention', () => {
  it('puts the name and one space in place of what was written', () => {
    expect(withMention('Hi @ha, you', 6, { start: 3, search: 'ha' }, 'hanako')).toEqual({
      text: 'Hi @hanako , you',
      caret: 11,
    })
    expect(withMention('@ha you', 3, { start: 0, search: 'ha' }, 'hanako')).toEqual({
      text: '@hanako you',
      caret: 8,
    })
  })
})
