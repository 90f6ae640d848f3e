/**
 * Puts a .br and a .gz beside each file of a folder that is worth it, for a server that has them at hand:
 * `node scripts/precompress.mjs FOLDER`.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { argv } from 'node:process'
import { promisify } from 'node:util'
import zlib from 'node:zlib'

const brotli = promisify(zlib.brotliCompress)
const gzip = promisify(zlib.gzip)

/** What isn't compressed by its own format. */
const TEXT = new Set([
  '.css',
  '.html',
  '.js',
  '.json',
  '.map',
  '.mjs',
  '.svg',
  '.txt',
  '.wasm',
  '.webmanifest',
])
/** Below it, the headers alone fill what is sent. */
const LEAST_BYTES = 1024

/** @param {string} path */
async function precompress(path) {
  const content = await readFile(path)
  if (content.length < LEAST_BYTES) return
  const params = {
    [zlib.constants.BROTLI_PARAM_MODE]: zlib.constants.BROTLI_MODE_TEXT,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  }
  const made = { br: await brotli(content, { params }), gz: await gzip(content, { level: 9 }) }
  for (const [suffix, bytes] of Object.entries(made)) {
    if (bytes.length < content.length) await writeFile(`${path}.${suffix}`, bytes)
  }
}

const folder = argv[2]
if (!folder) throw new Error('Which folder? node scripts/precompress.mjs FOLDER')
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && TEXT.has(extname(entry.name)))
    await precompress(join(entry.parentPath, entry.name))
}
