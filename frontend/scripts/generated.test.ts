import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '@hey-api/openapi-ts'
import { expect, it } from 'vitest'
import config from '../openapi-ts.config.ts'
import { generateFrames } from './frames.mjs'
import { generateRules } from './rules.mjs'

const COMMITTED = fileURLToPath(new URL('../src/api/generated', import.meta.url))
const FRAMES = fileURLToPath(new URL('../src/realtime/generated/frames.ts', import.meta.url))
const CONTRACT = fileURLToPath(new URL('../../contract/openapi.json', import.meta.url))
const REALTIME = fileURLToPath(new URL('../../contract/realtime.json', import.meta.url))

/** Every file under a folder: path → content. */
async function read(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')]),
  )
  return Object.fromEntries(texts) as Record<string, string>
}

it('is what the contract generates today (else: npm run generate)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'musubi-generated-'))
  try {
    await createClient({
      ...(await config),
      input: CONTRACT,
      output: folder,
      logs: { level: 'silent' },
    })
    const fresh = {
      ...(await read(folder)),
      'rules.ts': generateRules(JSON.parse(await readFile(CONTRACT, 'utf8'))),
    }
    expect(await read(COMMITTED)).toEqual(fresh)
  } finally {
    await rm(folder, { recursive: true })
  }
}, 30_000)

it('is what the contract of live connections generates today', async () => {
  const contract = JSON.parse(await readFile(REALTIME, 'utf8'))
  expect(await readFile(FRAMES, 'utf8')).toBe(await generateFrames(contract))
}, 30_000)
