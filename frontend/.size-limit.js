import { readFileSync } from 'node:fs'

const web = '../backend/src/musubi/web'
const page = readFileSync(new URL(`${web}/index.html`, import.meta.url), 'utf8')

/** What the browser loads before it can draw anything: the entry and all it imports statically. */
const entry = [...page.matchAll(/(?:src|href)="\/(static\/[^"]+\.js)"/g)].map(
  ([, file]) => `${web}/${file}`,
)

export default [
  {
    name: 'Initial JavaScript, with the texts of one language',
    path: [...entry, `${web}/static/locale-ja-*.js`],
    gzip: true,
    limit: '110 kB',
  },
  { name: 'Styles', path: `${web}/static/index-*.css`, gzip: true, limit: '25 kB' },
]
