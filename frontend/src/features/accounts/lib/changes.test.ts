import { describe, expect, it } from 'vitest'
import { changesBetween, textOrNull } from './changes'

describe('changesBetween', () => {
  it('holds what differs and nothing else', () => {
    const before = { email: 'a@x', role: 'member', bio: '', is_superuser: false }
    expect(changesBetween(before, { ...before, role: 'editor', bio: 'Hi' })).toEqual({
      role: 'editor',
      bio: 'Hi',
    })
    expect(changesBetween(before, { ...before })).toEqual({})
  })
})

describe('textOrNull', () => {
  it.each([
    ['', null],
    ['  \n', null],
    [' Hanako ', ' Hanako '],
  ])('makes of %j %j', (text, kept) => {
    expect(textOrNull(text)).toBe(kept)
  })
})
