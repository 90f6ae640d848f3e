import { describe, expect, it } from 'vitest'
import { generateFrames } from './frames.mjs'

const text = { type: 'string', title: 'Text' }

/** A contract with two frames that a client may send. */
const contract = {
  $defs: {
    Greet: {
      type: 'object',
      title: 'Greet',
      description: 'Say hello.',
      properties: {
        type: { const: 'greet', type: 'string' },
        words: { ...text, maxLength: 9 },
        title: { anyOf: [{ ...text, maxLength: 5 }, { type: 'null' }] },
        to: { $ref: '#/$defs/Person' },
        tone: text,
      },
      required: ['type', 'words'],
    },
    Leave: {
      type: 'object',
      properties: { type: { const: 'leave', type: 'string' } },
      required: ['type'],
    },
    Person: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
    ClientFrame: {
      oneOf: [{ $ref: '#/$defs/Greet' }, { $ref: '#/$defs/Leave' }],
      discriminator: { propertyName: 'type', mapping: { greet: '#/$defs/Greet' } },
    },
  },
}

describe('generateFrames', () => {
  it('makes a type of each definition, and a plain union of the frames', async () => {
    const written = await generateFrames(contract)
    expect(written).toContain('export type ClientFrame = Greet | Leave;')
    expect(written).toContain(
      [
        '/**',
        ' * Say hello.',
        ' */',
        'export type Greet = {',
        "    type: 'greet';",
        '    words: string;',
        '    title?: string | null;',
        '    to?: Person;',
        '    tone?: string;',
        '};',
      ].join('\n'),
    )
    expect(written).not.toContain('ClientOptions')
  })

  it('says how long the texts of a frame may be', async () => {
    expect(await generateFrames(contract)).toContain(
      'MAX_LENGTHS = {\n    greet: { words: 9, title: 5 },\n} as const;',
    )
  })

  it('stops at a reference into nowhere', async () => {
    const broken = { $defs: { ClientFrame: { oneOf: [{ $ref: '#/$defs/Nothing' }] } } }
    await expect(generateFrames(broken)).rejects.toThrow(/has no/u)
  })
})
