/**
 * Runs a server for as long as the process lives that started this one, and removes the server's
 * directory after it: `guard.mjs DIRECTORY COMMAND ARGUMENTS…`. Because it is a process of its own, no
 * server stays behind even when a worker of the tests is killed.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'

const PATIENCE_MS = 15_000

const [directory, command, ...args] = process.argv.slice(2)
if (!directory || !command) throw new Error('guard.mjs DIRECTORY COMMAND ARGUMENTS…')

const server = spawn(command, args, { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] })

function stop() {
  server.kill('SIGTERM')
  setTimeout(() => server.kill('SIGKILL'), PATIENCE_MS).unref()
}

// The standard input ends with the process that holds its other end.
process.stdin.on('end', stop).resume()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)

server.on('error', (error) => {
  console.error(error.message)
  process.exitCode = 1
})
server.on('close', (code) => {
  rmSync(directory, { recursive: true, force: true })
  process.exit(code ?? 1)
})
