import { describe, expect, it } from 'vitest'
import { excerpt } from './excerpt'

describe('excerpt', () => {
  it('shows what was found, without regard to case and width', () => {
    expect(excerpt('Das ist ＡＢＣ hier', 'abc')).toEqual({
      before: 'Das ist ',
      match: 'ＡＢＣ',
      after: ' hier',
    })
    expect(excerpt('私の㍿です', '会社です').match).toBe('㍿です')
    expect(excerpt('色ガラスの器', 'ｶﾞﾗｽ').match).toBe('ガラス')
    expect(excerpt('色ｶﾞﾗｽの器', 'ガラス'.normalize('NFD')).match).toBe('ｶﾞﾗｽ')
    expect(excerpt('これは㍿です', '株式会社')).toMatchObject({ before: 'これは', match: '㍿' })
  })

  it('is one line, cut at both ends where the text goes on', () => {
    const { before, match, after } = excerpt(
      `${'a'.repeat(60)}\n\nneedle ${'b'.repeat(300)}`,
      'needle',
    )
    expect(before).toBe(`…${'a'.repeat(29)} `)
    expect(match).toBe('needle')
    expect(after).toMatch(/^ b+…$/u)
  })

  it('is the beginning where the words are not in the text', () => {
    expect(excerpt('Short', 'zzz')).toEqual({ before: '', match: '', after: 'Short' })
    expect(excerpt('Short', '').match).toBe('')
  })

  it('cuts no character in half', () => {
    expect(excerpt('👨‍👩‍👧🎉 party', '🎉').match).toBe('🎉')
  })
})
