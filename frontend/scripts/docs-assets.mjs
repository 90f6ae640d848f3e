import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** The files the backend's documentation pages load, by the package that ships them. */
const DOCS_FILES = {
  'swagger-ui-dist': [
    'swagger-ui-bundle.js',
    'swagger-ui-standalone-preset.js',
    'swagger-ui.css',
    'favicon-32x32.png',
  ],
  redoc: ['bundles/redoc.standalone.js'],
}

/** ReDoc shows its maker's logo from a CDN, which works neither offline nor under our CSP. */
const REDOC_LOGO = 'https://cdn.redoc.ly/redoc/logo-mini.svg'
const OWN_LOGO = '/favicon.svg'

/**
 * Adds Swagger UI and ReDoc to the build under `static/docs/`, so that the API documentation works
 * offline and under a CSP that allows no other host.
 *
 * @returns {import('vite').Plugin}
 */
export function docsAssets() {
  return {
    name: 'musubi:docs-assets',
    apply: 'build',
    async generateBundle() {
      for (const [name, files] of Object.entries(DOCS_FILES)) {
        const root = dirname(require.resolve(`${name}/package.json`))
        for (const file of files) {
          this.emitFile({
            type: 'asset',
            fileName: `static/docs/${file.split('/').at(-1)}`,
            source: await ownAddresses(join(root, file)),
          })
        }
      }
    },
  }
}

/** @param {string} path */
async function ownAddresses(path) {
  const content = await readFile(path)
  return path.endsWith('.js') ? content.toString().replaceAll(REDOC_LOGO, OWN_LOGO) : content
}
