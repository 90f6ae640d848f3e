import { describe, expect, it } from 'vitest'
import { safeRedirect } from './redirect'

describe('safeRedirect', () => {
  it.each(['/', '/items', '/items/7?tab=files#note', '/検索?q=結び'])('goes on to %s', (target) => {
    expect(decodeURI(safeRedirect(target))).toBe(target)
  })

  it.each([
    ['https://evil.example/'],
    ['//evil.example'],
    ['/\\evil.example'],
    ['/\t/evil.example'],
    ['\\/evil.example'],
    ['/.//evil.example'],
    ['/items/..//evil.example'],
    ['javascript:alert(1)'],
    ['items'],
    ['http://['],
    [''],
    [undefined],
    [null],
    [['/items', '//evil.example']],
  ])('refuses %j', (target) => {
    expect(safeRedirect(target)).toBe('/')
  })
})
