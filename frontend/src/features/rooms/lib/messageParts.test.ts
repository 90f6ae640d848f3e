import { describe, expect, it } from 'vitest'
import { messageParts } from './messageParts'

const mentions = (text: string) =>
  messageParts(text, 'hanako').flatMap(({ text: name, mention }) =>
    mention ? `${name} ${mention}` : [],
  )

describe('messageParts', () => {
  it.each([
    ['@taro please', ['@taro other']],
    ['Thanks, @Hanako!', ['@Hanako me']],
    ['@taro.y. And @山田_太郎さん', ['@taro.y other', '@山田_太郎さん other']],
    ['田中さん@hanakoさんへ', ['@hanako me']],
    ['＠HANAKO. @hanakos', ['＠HANAKO me', '@hanakos other']],
    ['@taroさん', ['@taro other']],
    ['（@taro）', ['@taro other']],
  ])('finds who is meant in %j', (text, expected) => {
    expect(mentions(text)).toEqual(expected)
  })

  it.each(['write to me@example.com', '@', 'a @ b', '@@taro', 'https://example.com/@taro'])(
    'finds nobody in %j',
    (text) => {
      expect(mentions(text)).toEqual([])
    },
  )

  it('loses nothing of the text, and links http addresses alone', () => {
    const text = 'See https://example.com/a, @taro:\njavascript:alert(1) @hanako'
    const parts = messageParts(text, 'hanako')
    expect(parts.map((part) => part.text).join('')).toBe(text)
    expect(parts.flatMap(({ href }) => href ?? [])).toEqual(['https://example.com/a'])
  })
})
