import { describe, expect, it } from 'vitest'
import { linkify } from './linkify'

const links = (text: string) => linkify(text).flatMap(({ href }) => href ?? [])

describe('linkify', () => {
  it.each([
    ['see https://example.com/a?b=1#c now', 'https://example.com/a?b=1#c'],
    ['see https://example.com.', 'https://example.com'],
    ['(see https://example.com/a)', 'https://example.com/a'],
    ['https://ja.wikipedia.org/wiki/結び_(紐)!', 'https://ja.wikipedia.org/wiki/結び_(紐)'],
    ['詳細は「https://example.com/詳細」を見てください', 'https://example.com/詳細'],
    ['HTTP://EXAMPLE.COM', 'HTTP://EXAMPLE.COM'],
  ])('finds the address in %j', (text, address) => {
    expect(links(text)).toEqual([address])
  })

  it.each(['javascript:alert(1)', 'example.com', 'https://', 'data:text/html,x', 'https://[x', ''])(
    'makes no link of %j',
    (text) => {
      expect(links(text)).toEqual([])
    },
  )

  it('loses nothing of the text', () => {
    const text = 'a https://x.example/1, https://x.example/2\n\n https://x.example/3) z'
    expect(
      linkify(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text)
    expect(links(text)).toHaveLength(3)
  })
})
