import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { PYTHON } from './paths'

const READ = `
import json, sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
database.row_factory = sqlite3.Row
print(json.dumps([dict(row) for row in database.execute(sys.argv[2], sys.argv[3:])]))
`

/** Reads the file itself, past the server and all its caches. */
export async function readDatabase(
  file: string,
  query: string,
  ...values: string[]
): Promise<Record<string, unknown>[]> {
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', READ, file, query, ...values])
  return JSON.parse(stdout) as Record<string, unknown>[]
}

const CHANGE = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=10) as database:
    database.execute(sys.argv[2], sys.argv[3:])
`

/** Writes to the file itself, for what no request can bring about. */
export async function changeDatabase(
  file: string,
  statement: string,
  ...values: string[]
): Promise<void> {
  await promisify(execFile)(PYTHON, ['-c', CHANGE, file, statement, ...values])
}
