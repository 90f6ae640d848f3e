import { test as base, expect, type BrowserContext } from '@playwright/test'
import { peopleOf, type People, type Person } from './people'
import { startServer, type Server } from './server'
import { Watch } from './watch'

/** Who sits in front of the browser when a test begins. */
export type Visitor = 'guest' | 'member' | 'superuser'

export interface Options {
  visitor: Visitor
}

interface Fixtures extends Options {
  people: People
  /** The account of the visitor, null for a guest. */
  account: Person | null
  /** The same, for tests that are never a guest's. */
  me: Person
  watch: Watch
  /** Opens another browser, signed in as someone or as nobody. */
  openBrowser: (person?: Person) => Promise<BrowserContext>
}

interface WorkerFixtures {
  server: Server
}

const MEMBER = 'hanako'
const SUPERUSER = 'ichiro'

/** Lets tests use a server, and ends it after them: cleanly, or they fail. */
export async function lend(server: Server, use: (server: Server) => Promise<void>): Promise<void> {
  await use(server)
  const status = await server.stop()
  expect(server.log()).not.toContain('Traceback')
  expect(status).toBe(0)
}

/** A test with a clean server behind it, and a browser whose troubles fail it. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  server: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright insists on a pattern.
    async ({}, use) => lend(await startServer(), use),
    { scope: 'worker' },
  ],
  visitor: ['guest', { option: true }],
  baseURL: ({ server }, use) => use(server.origin),

  people: async ({ server, playwright }, use, testInfo) => {
    const logBefore = server.log().length
    // One that is kept would be closed by the server just when the next test sends something.
    const api = await playwright.request.newContext({ extraHTTPHeaders: { connection: 'close' } })
    const people = peopleOf(server, api)
    await people.reset()
    await use(people)
    people.leave()
    await api.dispose()
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('server.log', { body: server.log().slice(logBefore) })
    }
  },
  account: async ({ people, visitor }, use) => {
    const accounts = {
      guest: () => null,
      member: () => people.register(MEMBER),
      superuser: () => people.setUp(SUPERUSER),
    }
    await use(await accounts[visitor]())
  },
  me: async ({ account }, use) => {
    if (!account) throw new Error('A guest has no account')
    await use(account)
  },

  storageState: async ({ account, people }, use) => {
    await use(account ? await people.signedIn(account) : undefined)
  },
  watch: async ({ server }, use) => {
    const watch = new Watch(server.origin)
    await use(watch)
    watch.settle()
  },
  context: async ({ context, watch }, use) => {
    await watch.over(context)
    await use(context)
  },
  openBrowser: async (
    { browser, people, watch, contextOptions, locale, timezoneId, viewport },
    use,
  ) => {
    const options = { ...contextOptions, locale, timezoneId, viewport }
    const opened: BrowserContext[] = []
    await use(async (person) => {
      const storageState = person && (await people.signedIn(person))
      const context = await browser.newContext({ ...options, storageState })
      opened.push(context)
      await watch.over(context)
      return context
    })
    for (const context of opened) await context.close()
  },
})

export { expect }
