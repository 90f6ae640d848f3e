import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { PYTHON } from './paths'
import { freePort, type Settings } from './server'

/** A running OpenID provider, at which anyone is whoever they say. */
export interface Provider {
  origin: string
  /** What makes a server of ours know it. */
  settings: Settings
  /** Someone it knows, with what it says of them. */
  addPerson(subject: string, claims: Readonly<Record<string, unknown>>): Promise<void>
  stop(): Promise<void>
}

export const TITLE = 'Acme ID'
const GUARD = fileURLToPath(new URL('./guard.mjs', import.meta.url))
const ATTEMPTS = 100

async function untilItAnswers(origin: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    try {
      await fetch(`${origin}/.well-known/openid-configuration`)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error(`No OpenID provider answers at ${origin}`)
}

/** Starts a provider at a free port. It ends with this process, whatever happens to that. */
export async function startProvider(): Promise<Provider> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const directory = await mkdtemp(join(tmpdir(), 'musubi-e2e-provider-'))
  const options = ['-m', 'oidc_provider_mock', '--port', String(port), '--require-nonce', 'true']
  const guard = spawn(process.execPath, [GUARD, directory, PYTHON, ...options], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = once(guard, 'close')
  await untilItAnswers(origin)
  const entry = {
    name: 'acme',
    title: TITLE,
    issuer: origin,
    client_id: 'musubi',
    client_secret: 'x',
  }
  return {
    origin,
    settings: { MUSUBI_OIDC_PROVIDERS: JSON.stringify([entry]) },
    async addPerson(subject, claims) {
      const reply = await fetch(`${origin}/users/${subject}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(claims),
      })
      if (!reply.ok) throw new Error(`PUT ${subject}: ${reply.status} ${await reply.text()}`)
    },
    async stop() {
      guard.stdin.end()
      await ended
    },
  }
}

/** On the provider's page: says who one is, and agrees. */
export async function agree(page: Page, subject: string): Promise<void> {
  await page.getByPlaceholder('sub').fill(subject)
  await page.getByRole('button', { name: 'Authorize', exact: true }).click()
}
