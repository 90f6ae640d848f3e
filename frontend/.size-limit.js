import { readFileSync } from 'node:fs'

const web = '../backend/src/musubi/web'
const page = readFileSync(new URL(`${web}/index.html`, import.meta.url), 'utf8')

/** Files of a kind that the page names: the entry and all it imports statically, before anything is drawn. */
const named = (/** @type {string} */ extension) =>
  [...page.matchAll(/(?:src|href)="\/(static\/[^"]+)"/g)]
    .map(([, file]) => `${web}/${file}`)
    .filter((file) => file.endsWith(extension))

export default [
  {
    name: 'Initial JavaScript, with the texts of one language',
    path: [...named('.js'), `${web}/static/locale-ja-*.js`],
    gzip: true,
    limit: '110 kB',
  },
  { name: 'Styles', path: named('.css'), gzip: true, limit: '25 kB' },
]
