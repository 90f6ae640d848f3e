import { describe, expect, it } from 'vitest'
import {
  each,
  email,
  filled,
  maxItems,
  maximum,
  maxLength,
  minItems,
  minimum,
  minLength,
  notBlank,
  oneOf,
  password,
  pattern,
  required,
  type Rule,
} from './validation'

const accepts = (rule: Rule, value: unknown) =>
  (rule.$validator as (value: unknown) => boolean)(value)

const PASSWORD = { min: 8, max: 10, upper: true, lower: true, digit: true }

describe('the building blocks of the rules', () => {
  it.each<[string, Rule, unknown[], unknown[]]>([
    ['required', required(), [false, 0, '', []], [null, undefined]],
    ['filled', filled(), ['a', ' '], ['', null, undefined]],
    ['filled, trimmed', filled(['strip']), ['a'], [' ', '\u3000', '\u0085', null]],
    ['notBlank', notBlank(['strip']), ['a', null, undefined], ['', ' ']],
    ['minLength', minLength(2), ['ab', '結び', null], ['a', '🪢', '']],
    ['minLength, trimmed', minLength(2, ['strip']), [' ab '], [' a ']],
    ['maxLength counts code points', maxLength(2), ['🪢🪢', ''], ['abc', '🪢🪢🪢']],
    ['maxLength, normalised', maxLength(2, ['NFKC']), ['ﾊﾟ'], ['㍿']],
    [
      'maxLength keeps what trimming would not take',
      maxLength(1, ['strip']),
      ['\ufeff'],
      ['\ufeffa'],
    ],
    ['pattern', pattern(/^[\p{L}_]+$/u), ['結び_x', null], ['a b', '', '🪢']],
    ['email', email(['strip']), ['a@b', ' a@b.example ', null], ['a', 'a@', '@b', 'a b@c']],
    ['oneOf', oneOf(['draft', 'published']), ['draft', null], ['Draft', '', 'x']],
    ['minimum', minimum(1), [1, 2, null], [0, -1]],
    ['maximum', maximum(5), [5, null], [6]],
    ['minItems', minItems(1), [['a'], null], [[]]],
    ['maxItems', maxItems(1), [['a'], []], [['a', 'b']]],
    ['each', each([notBlank(), maxLength(2)]), [[], ['a', 'bc'], null], [[''], ['a', 'abc']]],
    [
      'password',
      password(PASSWORD),
      ['Abcdefg1', 'Éé１aaaaa', 'Abcdef1🪢🪢🪢', null],
      ['Abcdef1', 'abcdefg1', 'ABCDEFG1', 'Abcdefgh', 'Abcdefghij1', ''],
    ],
  ])('%s', (_name, rule, good, bad) => {
    expect(good.filter((value) => !accepts(rule, value))).toEqual([])
    expect(bad.filter((value) => accepts(rule, value))).toEqual([])
  })

  it('name the message and what goes into it', () => {
    expect(minLength(3).$params).toMatchObject({ key: 'validation.minLength', min: 3 })
    expect(password(PASSWORD).$params).toMatchObject({
      key: 'validation.password',
      min: 8,
      max: 10,
    })
  })
})
