/** Writes src/realtime/generated/frames.ts from the contract; `npm run generate` calls it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { generateFrames } from './frames.mjs'

const contract = new URL('../../contract/realtime.json', import.meta.url)
const output = new URL('../src/realtime/generated/frames.ts', import.meta.url)

const text = await generateFrames(JSON.parse(await readFile(contract, 'utf8')))
await mkdir(new URL('.', output), { recursive: true })
await writeFile(output, text)
