import type { BrowserContext, Page, Request, Response, Route } from '@playwright/test'
import { open, signIn, signOut } from './support/flows'
import { OTHER_PASSWORD, PASSWORD } from './support/people'
import { readableState } from './support/storage'
import { expect, test } from './support/test'

const REFRESH = '/api/v1/auth/refresh'

function countRefreshes(context: BrowserContext): () => number {
  let count = 0
  context.on('request', (request: Request) => {
    if (new URL(request.url()).pathname === REFRESH) count += 1
  })
  return () => count
}

/** The access token that a page sends just now. */
async function tokenOf(page: Page): Promise<string> {
  const request = page.waitForRequest('**/api/v1/items/stats**')
  const button = page.getByTestId('load-data')
  await button.click()
  const token = (await request).headers().authorization ?? ''
  // While it is busy it takes no other click.
  await expect(button).not.toHaveAttribute('aria-busy')
  return token
}

/** Whether a reply is one to a newer token: those to the token of before may still be on their way. */
function isAnswered(reply: Response, before: string): boolean {
  return reply.ok() && !reply.request().headers().authorization?.startsWith(before)
}

/** From now on the server refuses a token, as it does when one has run out. */
async function refuse(context: BrowserContext, token: string): Promise<void> {
  await context.route('**/api/v1/**', (route: Route) => {
    const headers = route.request().headers()
    if (headers.authorization !== token) return route.continue()
    return route.continue({ headers: { ...headers, authorization: `${token}-run-out` } })
  })
}

test.use({ visitor: 'member' })

test('a reload keeps it, with no credential where a script could read it', async ({
  page,
  context,
  server,
  me,
}) => {
  const item = await me.createItem({ title: 'Mine' })
  await open(page, '/login', 'Hello, hanako')
  const token = (await tokenOf(page)).replace('Bearer ', '')
  expect(token.split('.')).toHaveLength(3)
  await page.reload()
  await expect(page.getByTestId(`item-${item.id}`)).toBeVisible()

  const [cookie, ...others] = await context.cookies()
  expect(others).toEqual([])
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', domain: 'localhost' })
  const readable = await readableState(page)
  expect(readable).toMatchObject({ session: {}, cookie: '', databases: [], caches: [] })
  expect(readable.address).toBe(`${server.origin}/`)
  expect(readable.local).toEqual({ 'musubi.was-signed-in': '1' })
  const everything = JSON.stringify(readable)
  for (const secret of [token, cookie?.value ?? '-', PASSWORD]) {
    expect(everything).not.toContain(secret)
  }
})

test('an access token that ran out is renewed once for all requests', async ({
  page,
  context,
  watch,
}) => {
  await open(page, '/', 'Hello, hanako')
  const refreshes = countRefreshes(context)
  const token = await tokenOf(page)
  await refuse(context, token)
  watch.expect('401 GET /api/v1/items', '401 GET /api/v1/items/stats', '401 GET /api/v1/stats')
  const answers = ['/api/v1/items?', '/api/v1/items/stats'].map((path) =>
    page.waitForResponse((reply) => reply.url().includes(path) && isAnswered(reply, token)),
  )
  await page.getByTestId('load-data').click()
  await Promise.all(answers)
  expect(refreshes()).toBe(1)
})

test('and once for all tabs', async ({ page, context, watch }) => {
  await open(page, '/', 'Hello, hanako')
  const other = await context.newPage()
  await open(other, '/', 'Hello, hanako')
  const token = await tokenOf(other)
  expect(await tokenOf(page)).toBe(token)

  const refreshes = countRefreshes(context)
  await refuse(context, token)
  watch.expect('401 GET /api/v1/items/stats', '401 GET /api/v1/items', '401 GET /api/v1/stats')
  const answers = [page, other].map((tab) =>
    tab.waitForResponse(
      (reply) => reply.url().includes('/api/v1/items/stats') && isAnswered(reply, token),
    ),
  )
  await Promise.all([page, other].map((tab) => tab.getByTestId('load-data').click()))
  await Promise.all(answers)
  expect(refreshes()).toBe(1)
  expect(await tokenOf(page)).toBe(await tokenOf(other))
  expect(refreshes()).toBe(1)
})

test('signing out in one tab signs out the others, and nothing private comes back', async ({
  page,
  context,
  me,
}) => {
  await me.createItem({ title: 'Private matter' })
  await open(page, '/', 'Hello, hanako')
  await page.getByRole('navigation').getByRole('link', { name: 'Items' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Items' })).toBeVisible()
  await expect(page.getByText('Private matter')).toBeVisible()
  const other = await context.newPage()
  await open(other, '/', 'Hello, hanako')
  await expect(other.getByText('Private matter').first()).toBeVisible()

  const later: string[] = []
  await signOut(page)
  context.on('request', (request) => later.push(request.url()))
  await expect(other.getByTestId('login-button')).toBeVisible()
  await expect(other).toHaveURL('/login')
  expect(await context.cookies()).toEqual([])

  await page.goBack()
  await expect(page.getByTestId('login-button')).toBeVisible()
  for (const tab of [page, other]) {
    await tab.goto('/items')
    await expect(tab.getByTestId('login-button')).toBeVisible()
    await expect(tab).toHaveURL('/login?redirect=/items')
    await expect(tab.getByText('Private matter')).toBeHidden()
  }
  // Where one may sign in is for everyone to know.
  const asked = later.filter((url) => url.includes('/api/') && !url.endsWith('/auth/oidc'))
  expect(asked).toEqual([])
})

test('signing in in one tab signs in the others', async ({ page, context, me }) => {
  await open(page, '/', 'Hello, hanako')
  const other = await context.newPage()
  await open(other, '/settings', 'Settings')
  await signOut(page)
  await expect(other.getByTestId('login-button')).toBeVisible()
  await signIn(other, me)
  await expect(other.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
})

test('one that ended elsewhere leads to the login, and from there back', async ({
  page,
  me,
  people,
  watch,
}) => {
  const ichiro = await people.setUp('ichiro')
  await open(page, '/items?sort=title', 'Items')
  await ichiro.updateUser(me.id, { is_active: false })
  watch.expect(/^401 GET /u, `401 POST ${REFRESH}`)
  await page.getByRole('combobox', { name: 'Status' }).selectOption('Draft')
  await expect(page.getByTestId('login-button')).toBeVisible()
  await ichiro.updateUser(me.id, { is_active: true })
  await signIn(page, me)
  await expect(page).toHaveURL('/items?sort=title&status=draft')
  await expect(page.getByRole('heading', { name: 'Items' })).toBeVisible()
})

test('signing out without a network leaves nothing private on the screen', async ({
  page,
  context,
  me,
  watch,
}) => {
  await me.createItem({ title: 'Private matter' })
  await open(page, '/', 'Hello, hanako')
  await expect(page.getByText('Private matter').first()).toBeVisible()
  watch.expect(/^net::ERR_INTERNET_DISCONNECTED /u)
  await context.setOffline(true)
  await page.getByTestId('user-menu').click()
  await page.getByTestId('logout-button').click()
  await expect(page.getByText('Private matter')).toHaveCount(0)
  await expect(page.getByTestId('user-menu')).toBeHidden()
  await context.setOffline(false)
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByTestId('login-button')).toBeVisible()
  await expect(page).toHaveURL('/login')
})

test('changing the password ends the other sessions and keeps this one', async ({
  page,
  me,
  openBrowser,
  watch,
}) => {
  const elsewhere = await (await openBrowser(me)).newPage()
  await open(elsewhere, '/', 'Hello, hanako')
  await open(page, '/settings#password', 'Settings')

  await page.getByTestId('current-password').fill('Not-the-right-1')
  await page.getByTestId('new-password').fill(OTHER_PASSWORD)
  watch.expect('400 POST /api/v1/users/me/password')
  await page.getByTestId('change-password').click()
  await expect(page.getByTestId('current-password')).toHaveAccessibleDescription(
    /The current password is not correct/u,
  )
  await page.getByTestId('current-password').fill(PASSWORD)
  await page.getByTestId('change-password').click()
  await expect(page.getByText('Your other devices were signed out.')).toBeVisible()
  await expect(page.getByTestId('new-password')).toHaveValue('')

  watch.expect(/^401 GET /u, `401 POST ${REFRESH}`)
  await elsewhere.getByTestId('load-data').click()
  await expect(elsewhere.getByTestId('login-button')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
  await signOut(page)
  await signIn(page, { ...me, password: OTHER_PASSWORD })
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
})
