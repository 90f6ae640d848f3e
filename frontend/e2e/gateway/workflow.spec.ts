import { test as base, expect, type BrowserContext, type Page } from '@playwright/test'
import { signIn, signOut } from '../support/flows'
import { PASSWORD } from '../support/people'
import { BLUE, expectColours, halves, RED } from '../support/pictures'
import { inRoom, isSent, message, write } from '../support/rooms'
import { Watch } from '../support/watch'

/** Names that nobody has there yet. */
const MARK = Date.now().toString(36)

interface Fixtures {
  watch: Watch
  /** A browser of somebody else. */
  another: BrowserContext
}

const test = base.extend<Fixtures>({
  watch: async ({ baseURL }, use) => {
    const watch = new Watch(new URL(baseURL ?? '').origin)
    await use(watch)
    watch.settle()
  },
  context: async ({ context, watch }, use) => {
    await watch.over(context)
    await use(context)
  },
  another: async ({ browser, contextOptions, baseURL, locale, timezoneId, watch }, use) => {
    const context = await browser.newContext({
      ...contextOptions,
      baseURL,
      locale,
      timezoneId,
      ignoreHTTPSErrors: true,
    })
    await watch.over(context)
    await use(context)
    await context.close()
  },
})

async function register(page: Page, username: string): Promise<void> {
  await page.goto('/register')
  await page.getByTestId('username').fill(username)
  await page.getByTestId('email').fill(`${username}@example.org`)
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('register-button').click()
  await expect(page.getByRole('heading', { name: `Hello, ${username}` })).toBeVisible()
}

async function writeItem(page: Page, title: string): Promise<void> {
  await page.goto('/items/new')
  await page.getByTestId('item-title').fill(title)
  await page.getByTestId('item-status').selectOption('published')
  await page.getByTestId('save-item').click()
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
}

/** How the page, and what it asked for since, came. What the browser had itself, or gave up, came by none. */
const protocols = (page: Page) =>
  page.evaluate(() => {
    const kinds = ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))
    const names = kinds.map((it) => (it as PerformanceResourceTiming).nextHopProtocol)
    return [...new Set(names.filter((name) => name !== ''))]
  })

test('from the registration to the sign-out', async ({ page, context, another }) => {
  const me = { username: `hanako-${MARK}`, password: PASSWORD }
  await register(page, me.username)
  expect(await page.evaluate(() => window.isSecureContext)).toBe(true)
  const [cookie] = await context.cookies()
  expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Strict' })
  expect(cookie?.name).toMatch(/^__Host-/u)
  await page.reload()
  await expect(page.getByRole('heading', { name: `Hello, ${me.username}` })).toBeVisible()
  // What is still asked for while someone signs out is refused.
  await page.waitForLoadState('networkidle')
  expect(await protocols(page)).toEqual(['h2'])
  await signOut(page)
  expect(await context.cookies()).toEqual([])
  await signIn(page, me)
  await expect(page.getByRole('heading', { name: `Hello, ${me.username}` })).toBeVisible()

  const theirs = await another.newPage()
  await register(theirs, `taro-${MARK}`)

  await test.step('what one writes the other sees, and what one changes', async () => {
    await theirs.goto(`/items?search=${MARK}`)
    await expect(theirs.getByRole('heading', { level: 1, name: 'Items' })).toBeVisible()
    await writeItem(page, `Washi ${MARK}`)
    await expect(theirs.getByText(`Washi ${MARK}`)).toBeVisible()
    await page.getByTestId('edit-item').click()
    await page.getByTestId('item-title').fill(`Paper ${MARK}`)
    await page.getByTestId('save-item').click()
    await expect(theirs.getByText(`Paper ${MARK}`)).toBeVisible()
  })

  await test.step('a message', async () => {
    const room = `paper-${MARK}`
    await page.goto('/rooms')
    await page.getByTestId('create-room').click()
    await page.getByTestId('room-name').fill(room)
    await page.getByTestId('room-name').press('Enter')
    await inRoom(page, room)
    await theirs.goto(`/rooms/${room}`)
    await theirs.getByTestId('join-room').click()
    await inRoom(theirs, room)
    await write(theirs, '和紙が届きました。')
    await isSent(message(page, '和紙が届きました。'))
  })

  await test.step('a picture', async () => {
    await page.goto('/files')
    const chooser = page.waitForEvent('filechooser')
    await page.getByTestId('upload-files').click()
    await (await chooser).setFiles(halves('Roof.png'))
    const card = page.getByTestId(/^file-\d+$/u).filter({ hasText: 'Roof.png' })
    await expectColours(card.locator('img'), RED, BLUE)
  })

  await page.waitForLoadState('networkidle')
  await signOut(page)
  await page.goto('/files')
  await expect(page.getByTestId('login-button')).toBeVisible()
})
