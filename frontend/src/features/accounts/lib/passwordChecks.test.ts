import { describe, expect, it } from 'vitest'
import { password } from '@/api/validation'
import { registerRules } from '@/api/generated/rules'
import { passwordChecks, passwordRuleOf } from './passwordChecks'

const rule = passwordRuleOf(registerRules.password)

function metBy(text: string) {
  return passwordChecks(rule)
    .filter(({ isMet }) => isMet(text))
    .map(({ name }) => name)
}

describe('the checks of a password', () => {
  it.each([
    ['', []],
    ['abc', ['lower']],
    ['ABC', ['upper']],
    ['７', ['digit']],
    ['Aa1', ['upper', 'lower', 'digit']],
    ['abcdefgh', ['length', 'lower']],
    ['Abcdefg1', ['length', 'upper', 'lower', 'digit']],
    ['😀😀😀😀', []],
    ['a'.repeat(101), ['lower']],
  ])('of %j tick %j', (text, met) => {
    expect(metBy(text)).toEqual(met)
  })

  it.each(['Abcdefg1', 'abcdefg1', 'Ab1', 'Ａｂｃｄｅｆｇ１', `Aa1${'x'.repeat(98)}`])(
    'are all met by %j just when the form takes it',
    (text) => {
      const accepts = password(rule).$validator as (value: string) => boolean
      expect(metBy(text).length === 4).toBe(accepts(text))
    },
  )

  it('are only those that the contract asks for', () => {
    const lenient = { ...rule, min: 4, max: 9, upper: false, digit: false }
    expect(passwordChecks(lenient).map(({ name }) => name)).toEqual(['length', 'lower'])
  })

  it('need a field with a rule', () => {
    expect(() => passwordRuleOf(registerRules.username)).toThrow('no password rule')
  })
})
