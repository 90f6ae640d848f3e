import { existsSync } from 'node:fs'
import { INDEX_HTML, MUSUBI } from './paths'

/** Says what is missing before the first test would fail for it. */
export default function requireBuild(): void {
  const missing = [MUSUBI, INDEX_HTML].find((path) => !existsSync(path))
  if (missing) throw new Error(`${missing} is missing: run \`make setup\` first`)
}
