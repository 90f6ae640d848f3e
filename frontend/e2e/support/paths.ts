import { fileURLToPath } from 'node:url'

const backend = (path: string) =>
  fileURLToPath(new URL(`../../../backend/${path}`, import.meta.url))

/** Where `make setup` puts the backend. */
export const MUSUBI = backend('.venv/bin/musubi')
export const PYTHON = backend('.venv/bin/python')
export const INDEX_HTML = backend('src/musubi/web/index.html')
