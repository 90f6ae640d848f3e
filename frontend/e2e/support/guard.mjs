/**
 * Runs a server for as long as the process lives that started this one, and removes the server's
 * directory after it: `guard.mjs DIRECTORY COMMAND ARGUMENTS…`. Because it is a process of its own, no
 * server stays behind even when a worker of the tests is killed.
 * A line `kill` on the standard input ends the server as a crash does, which is said by a line `killed`,
 * and a line `start` starts it again.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

const PATIENCE_MS = 15_000

const [directory, command, ...args] = process.argv.slice(2)
if (!directory || !command) throw new Error('guard.mjs DIRECTORY COMMAND ARGUMENTS…')

/** @type {import('node:child_process').ChildProcess | null} */
let server = null
let isCrash = false

/** @param {number | null} code */
function leave(code) {
  rmSync(directory, { recursive: true, force: true })
  process.exit(code ?? 1)
}

function start() {
  server = spawn(command, args, { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] })
  server.on('error', (error) => {
    console.error(error.message)
    process.exitCode = 1
  })
  server.on('close', (code) => {
    server = null
    if (!isCrash) leave(code)
    isCrash = false
    console.log('killed')
  })
}

function stop() {
  if (!server) leave(0)
  server?.kill('SIGTERM')
  setTimeout(() => server?.kill('SIGKILL'), PATIENCE_MS).unref()
}

const orders = {
  start,
  kill() {
    isCrash = true
    server?.kill('SIGKILL')
  },
}

// The standard input ends with the process that holds its other end.
const input = createInterface(process.stdin)
input.on('line', (order) => orders[/** @type {keyof typeof orders} */ (order)]())
input.on('close', stop)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)

start()
