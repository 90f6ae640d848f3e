import type { Page } from '@playwright/test'
import { open } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const rows = (page: Page) => page.locator('#sessions').getByRole('listitem')

test('a session elsewhere is seen, and ended for good', async ({
  page,
  me,
  openBrowser,
  watch,
}) => {
  const elsewhere = await (await openBrowser(me)).newPage()
  await open(elsewhere, '/', 'Hello, hanako')
  await open(page, '/settings#sessions', 'Settings')
  await expect(rows(page).first()).toContainText('This device')
  await expect(rows(page).first()).toContainText(/Chrom\w+.* on Linux/u)
  // The person who set the test up has a session of their own, over the API.
  const others = rows(page).getByRole('button', { name: /^Sign out Chrom/u })
  await expect(others).toHaveCount(1)
  await others.click()
  await expect(page.getByText(/was signed out$/u)).toBeVisible()
  await expect(others).toHaveCount(0)

  watch.expect(/^401 GET /u, '401 POST /api/v1/auth/refresh')
  await elsewhere.getByTestId('load-data').click()
  await expect(elsewhere.getByTestId('login-button')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
})

test('everything but this browser is signed out at once', async ({
  page,
  me,
  openBrowser,
  watch,
}) => {
  const pages = await Promise.all([1, 2].map(async () => (await openBrowser(me)).newPage()))
  for (const other of pages) await open(other, '/', 'Hello, hanako')
  await open(page, '/settings#sessions', 'Settings')
  await page.getByTestId('end-other-sessions').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere else' }).click()
  await expect(rows(page)).toHaveCount(1)
  await expect(page.getByTestId('end-other-sessions')).toBeHidden()
  // They hear of it at once, and are refused another token.
  watch.expect(/^401 (GET|POST) /u)
  for (const other of pages) await expect(other.getByTestId('login-button')).toBeVisible()
})

test('signing out without a network reaches the server later', async ({
  page,
  context,
  me,
  openBrowser,
  watch,
}) => {
  await open(page, '/', 'Hello, hanako')
  const cookies = await context.cookies()
  watch.expect(/^net::ERR_INTERNET_DISCONNECTED /u)
  await context.setOffline(true)
  await page.getByTestId('user-menu').click()
  await page.getByTestId('logout-button').click()
  await expect(page.getByTestId('user-menu')).toBeHidden()
  await expect(page.getByText('The server will be told')).toBeVisible()

  const told = page.waitForResponse('**/api/v1/auth/logout')
  await context.setOffline(false)
  expect((await told).status()).toBe(200)
  expect(await context.cookies()).toEqual([])
  // Whoever kept the cookie has nothing of it.
  const thief = await openBrowser(me)
  await thief.clearCookies()
  await thief.addCookies(cookies)
  watch.expect('401 POST /api/v1/auth/refresh')
  const stolen = await thief.newPage()
  await stolen.goto('/')
  await expect(stolen.getByTestId('login-button')).toBeVisible()
})
