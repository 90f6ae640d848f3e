import { readdirSync, readFileSync } from 'node:fs'

const web = '../backend/src/musubi/web'
const read = (/** @type {string} */ file) =>
  readFileSync(new URL(`${web}/${file}`, import.meta.url), 'utf8')

/** Files of a kind that the page names: the entry and all it imports statically, before anything is drawn. */
const named = (/** @type {string} */ extension) =>
  [...read('index.html').matchAll(/(?:src|href)="\/(static\/[^"]+)"/g)]
    .map(([, file]) => `${web}/${file}`)
    .filter((file) => file.endsWith(extension))

/**
 * A file of the build, and all it imports statically.
 *
 * @param {string} file
 * @param {Set<string>} [found]
 */
function closure(file, found = new Set()) {
  if (found.has(file)) return found
  found.add(file)
  for (const [, next] of read(`static/${file}`).matchAll(/\b(?:from|import)\s*"\.\/([^"]+)"/g)) {
    closure(String(next), found)
  }
  return found
}

const shell = readdirSync(new URL(`${web}/static`, import.meta.url)).find((file) =>
  file.startsWith('AppShell-'),
)
if (!shell) throw new Error('The build has no file of the frame')

const initial = [...named('.js'), `${web}/static/locale-ja-*.js`]
const framed = [...initial, ...[...closure(shell)].map((file) => `${web}/static/${file}`)]

export default [
  {
    name: 'Initial JavaScript, with the texts of one language',
    path: initial,
    gzip: true,
    limit: '98.5 kB',
  },
  {
    name: 'The same with the frame of who is signed in',
    path: [...new Set(framed)],
    gzip: true,
    limit: '110 kB',
  },
  { name: 'Styles', path: named('.css'), gzip: true, limit: '25 kB' },
]
