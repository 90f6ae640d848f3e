import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MUSUBI } from './paths'

/** A running `musubi serve` with a database of its own. */
export interface Server {
  origin: string
  /** The one-time link that it printed at its start. */
  setupLink: string
  /** Its SQLite file. */
  database: string
  /** All it has printed so far. */
  log(): string
  /** Ends it as a crash does; it can be started again. */
  kill(): Promise<void>
  /** Starts it again after that, at the same port and with the same data. */
  start(): Promise<void>
  /** Stops it as an operator would; resolves to its exit status. */
  stop(): Promise<number | null>
}

const GUARD = fileURLToPath(new URL('./guard.mjs', import.meta.url))
const ATTEMPTS = 5
/** Settings of whoever runs the tests must not reach the server. */
const FOREIGN = /^(MUSUBI_.*|DATABASE_URL|REDIS_URL|SECRET_KEY|HOST|PORT)$/u

export async function freePort(): Promise<number> {
  const socket = createServer().listen(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address() as AddressInfo
  socket.close()
  await once(socket, 'close')
  return port
}

/** Settings of a server besides those that every test's has, such as `MUSUBI_REGISTRATION`. */
export type Settings = Readonly<Record<string, string>>

function environment(port: number, dataDir: string, settings: Settings): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name))
  return {
    ...Object.fromEntries(own),
    MUSUBI_ENV: 'test',
    MUSUBI_DATA_DIR: dataDir,
    // The least that a password hash may cost: hashing isn't what is tested here.
    MUSUBI_PASSWORD_MEMORY_KIB: '1024',
    MUSUBI_PASSWORD_ITERATIONS: '1',
    HOST: '127.0.0.1',
    PORT: String(port),
    ...settings,
  }
}

/** The server, or null when someone else was quicker to take the port. */
async function tryStart(port: number, settings: Settings): Promise<Server | null> {
  const directory = await mkdtemp(join(tmpdir(), 'musubi-e2e-'))
  const guard = spawn(process.execPath, [GUARD, directory, MUSUBI, 'serve'], {
    env: environment(port, directory, settings),
  })
  const ended = once(guard, 'close').then(([code]) => code as number | null)
  let log = ''
  const printed = new EventEmitter()
  for (const output of [guard.stdout, guard.stderr]) {
    output.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      printed.emit('more')
    })
  }

  /** What it prints of this kind from `since` on. */
  async function line(pattern: RegExp, since = 0): Promise<string> {
    for (;;) {
      const match = pattern.exec(log.slice(since))
      if (match) return match[0]
      await once(printed, 'more')
    }
  }

  async function order(what: 'kill' | 'start', done: RegExp): Promise<void> {
    const since = log.length
    guard.stdin.write(`${what}\n`)
    await line(done, since)
  }

  const link = await Promise.race([line(/http:\S+\/setup#token=\S+(?=\s)/u), ended])
  if (typeof link !== 'string') {
    if (log.includes("can't listen")) return null
    throw new Error(`musubi serve ended with status ${link}:\n${log}`)
  }
  return {
    origin: `http://localhost:${port}`,
    setupLink: link,
    database: join(directory, 'musubi.sqlite3'),
    log: () => log,
    kill: () => order('kill', /^killed$/mu),
    start: () => order('start', /Application startup complete/u),
    async stop() {
      guard.stdin.end()
      return ended
    },
  }
}

/** Starts a server at a free port. It ends with this process, whatever happens to that. */
export async function startServer(settings: Settings = {}): Promise<Server> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const server = await tryStart(await freePort(), settings)
    if (server) return server
  }
  throw new Error('No free port')
}
