import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@hey-api/openapi-ts'

/**
 * Turns the JSON Schema of what goes over a live connection into TypeScript: a type per definition,
 * and how long the texts that a client sends may be. The same schema gives the same text.
 *
 * @typedef {Record<string, any>} Schema
 * @typedef {{ $defs: Record<string, Schema> }} Contract
 */

const REF_PREFIX = '#/$defs/'

/** What the generator says about the servers of an OpenAPI document, which this is not. */
const CLIENT_OPTIONS = /export type ClientOptions = \{.*?\n\};\n\n/su

/**
 * The definitions, such that the generator makes plain types of them: it reads OpenAPI, would repeat
 * each field's title in a comment, and writes what a discriminator says into a union a second time.
 *
 * @param {Contract} contract
 */
function asOpenApi(contract) {
  const text = JSON.stringify(contract.$defs, (key, value) => {
    const isLabel = (key === 'title' && typeof value === 'string') || key === 'discriminator'
    return isLabel ? undefined : value
  })
  return {
    openapi: '3.1.0',
    info: { title: 'Frames', version: '1' },
    paths: {},
    components: { schemas: JSON.parse(text.replaceAll(REF_PREFIX, '#/components/schemas/')) },
  }
}

/**
 * @param {Contract} contract
 * @returns {Promise<string>}
 */
async function types(contract) {
  const folder = await mkdtemp(join(tmpdir(), 'musubi-frames-'))
  try {
    await createClient({
      input: asOpenApi(contract),
      output: { path: folder, entryFile: false },
      plugins: ['@hey-api/typescript'],
      logs: { level: 'silent' },
    })
    const text = await readFile(join(folder, 'types.gen.ts'), 'utf8')
    if (!CLIENT_OPTIONS.test(text)) throw new Error('The generator writes something else by now')
    return text.replace(CLIENT_OPTIONS, '').replace(/^\/\/.*\n\n/u, '')
  } finally {
    await rm(folder, { recursive: true })
  }
}

/**
 * The longest text that a field takes, also where the field may be null.
 *
 * @param {Schema} field
 * @returns {number | undefined}
 */
function maxLength(field) {
  const kinds = [field, ...(field.anyOf ?? [])]
  return kinds.find(({ type, maxLength: max }) => type === 'string' && max !== undefined)?.maxLength
}

/**
 * The lengths by the frame's type and the field's name.
 *
 * @param {Contract} contract
 */
function maxLengths(contract) {
  const frames = contract.$defs.ClientFrame?.oneOf ?? []
  const entries = frames.flatMap((/** @type {{ $ref: string }} */ { $ref }) => {
    const frame = contract.$defs[$ref.slice(REF_PREFIX.length)]
    if (!frame?.properties) throw new Error(`The contract has no ${$ref}`)
    const lengths = Object.entries(frame.properties).flatMap(([name, field]) => {
      const max = maxLength(field)
      return max === undefined ? [] : [`${name}: ${max}`]
    })
    const type = frame.properties.type.const
    return lengths.length ? [`    ${type}: { ${lengths.join(', ')} },`] : []
  })
  return [
    '/** How many characters (code points) a text of a frame may have, by the type of the frame. */',
    'export const MAX_LENGTHS = {',
    ...entries,
    '} as const;',
  ].join('\n')
}

/**
 * @param {Contract} contract
 * @returns {Promise<string>} the module's text
 */
export async function generateFrames(contract) {
  const lengths = maxLengths(contract)
  return [
    '// Made from contract/realtime.json by scripts/generate-frames.mjs. Do not edit.\n',
    await types(contract),
    `${lengths}\n`,
  ].join('\n')
}
