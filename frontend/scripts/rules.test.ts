import { describe, expect, it } from 'vitest'
import { generateRules } from './rules.mjs'

/** A contract with one route that takes these fields. */
function contract(properties: object, required: string[] = [], schemas: object = {}) {
  return {
    paths: {
      '/things': {
        post: {
          requestBody: {
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
          },
        },
      },
    },
    components: { schemas: { Thing: { properties, required }, ...schemas } },
  }
}

/** The generated rules of the one field, each in a line. */
function rulesOf(field: object, isRequired = false, schemas: object = {}): string[] {
  const text = generateRules(contract({ field }, isRequired ? ['field'] : [], schemas))
  const block = /\n {2}field: \{\n(.*?)\n {2}\},/su.exec(text)?.[1] ?? ''
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

describe('generateRules', () => {
  it.each<[string, object, boolean, string[]]>([
    ['nothing to check', { type: 'boolean' }, false, []],
    [
      'a demanded text',
      { type: 'string', minLength: 3, maxLength: 50 },
      true,
      ['required: filled(),', 'minLength: minLength(3),', 'maxLength: maxLength(50),'],
    ],
    [
      'a text that may be left out, but not left blank',
      { type: 'string', minLength: 1 },
      false,
      ['required: notBlank(),'],
    ],
    [
      'a text that may be null',
      { anyOf: [{ type: 'string', maxLength: 100 }, { type: 'null' }] },
      false,
      ['maxLength: maxLength(100),'],
    ],
    [
      'a text that the server prepares',
      { type: 'string', maxLength: 9, 'x-normalize': 'NFKC', 'x-strip-whitespace': true },
      true,
      ["required: filled(['NFKC', 'strip']),", "maxLength: maxLength(9, ['NFKC', 'strip']),"],
    ],
    [
      'a pattern',
      { type: 'string', pattern: String.raw`^[\p{L}.\-]+/$` },
      false,
      [String.raw`pattern: pattern(/^[\p{L}.\-]+\/$/u),`],
    ],
    ['an address', { type: 'string', format: 'email' }, false, ['email: email(),']],
    [
      'a password',
      {
        type: 'string',
        minLength: 8,
        maxLength: 100,
        'x-password-rule': { min: 8, max: 100, upper: true, lower: true, digit: true },
      },
      true,
      [
        'required: filled(),',
        'password: password({ min: 8, max: 100, upper: true, lower: true, digit: true }),',
      ],
    ],
    [
      'a list of texts',
      {
        type: 'array',
        minItems: 1,
        maxItems: 10,
        items: { type: 'string', minLength: 1, maxLength: 50 },
      },
      false,
      [
        'minItems: minItems(1),',
        'maxItems: maxItems(10),',
        'each: each([notBlank(), maxLength(50)]),',
      ],
    ],
    [
      'a number',
      { type: 'integer', minimum: 0, maximum: 9 },
      true,
      ['required: required(),', 'minimum: minimum(0),', 'maximum: maximum(9),'],
    ],
    [
      'words with quotes',
      { enum: ["o'clock", 'a\\b'] },
      false,
      [String.raw`oneOf: oneOf(['o\'clock', 'a\\b']),`],
    ],
  ])('%s', (_name, field, isRequired, expected) => {
    expect(rulesOf(field, isRequired)).toEqual(expected)
  })

  it('follows references, with what stands beside them', () => {
    const schemas = { Status: { type: 'string', enum: ['draft', 'published'] } }
    const field = { $ref: '#/components/schemas/Status', default: 'draft' }
    expect(rulesOf(field, false, schemas)).toEqual(["oneOf: oneOf(['draft', 'published']),"])
  })

  it('imports what it uses and nothing else', () => {
    const text = generateRules(contract({ title: { type: 'string', maxLength: 2 } }))
    expect(text).toContain("import {\n  maxLength,\n  type SchemaRules,\n} from '../validation'")
  })

  it('leaves out schemas that are only answered', () => {
    const text = generateRules(
      contract({ a: { maxLength: 1 } }, [], { Answer: { properties: {} } }),
    )
    expect(text).toContain('export const thingRules')
    expect(text).not.toContain('answerRules')
  })

  it.each([
    ['a pattern that JavaScript can not read', { pattern: '(?P<name>x)' }, /can't read/u],
    ['a reference into nowhere', { $ref: '#/components/schemas/Nothing' }, /has no/u],
    ['a reference to another file', { $ref: 'other.json' }, /Can't follow/u],
  ])('stops at %s', (_name, field, message) => {
    expect(() => generateRules(contract({ field }))).toThrow(message)
  })
})
