/*
 * Writes compressed copies beside the files of a build, for a web server that sends them as they are:
 *
 *     node scripts/precompress.mjs FOLDER
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const TEXTS = /\.(?:css|html|js|json|mjs|svg|txt|webmanifest)$/u
/** Below that a compressed file takes as many packets as the file itself. */
const LEAST_BYTES = 1024

const [folder] = process.argv.slice(2)
if (!folder) throw new Error('precompress: name the folder')

for (const name of readdirSync(folder, { recursive: true })) {
  if (!TEXTS.test(name)) continue
  const path = join(folder, name)
  const content = readFileSync(path)
  if (content.length < LEAST_BYTES) continue
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params }))
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
}
