/** Writes src/api/generated/rules.ts from the contract; `npm run generate` calls it. */
import { readFile, writeFile } from 'node:fs/promises'
import { generateRules } from './rules.mjs'

const contract = new URL('../../contract/openapi.json', import.meta.url)
const output = new URL('../src/api/generated/rules.ts', import.meta.url)

await writeFile(output, generateRules(JSON.parse(await readFile(contract, 'utf8'))))
