import { open, signIn, signOut } from './support/flows'
import { mailedLink } from './support/mail'
import { OTHER_PASSWORD, PASSWORD } from './support/people'
import { expect, test } from './support/test'

test('a forgotten password is set anew by the link of a mail', async ({ page, people, watch }) => {
  const ichiro = await people.setUp('ichiro')
  const hanako = await people.register('hanako')
  await page.goto('/login?redirect=/items')
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByTestId('email').fill(hanako.email)
  await page.getByTestId('forgot-button').click()
  await expect(page.getByRole('status').getByText('Look into your inbox')).toBeVisible()

  const link = await mailedLink(ichiro, hanako.email, '/reset-password')
  await page.goto(link)
  await expect(page.getByRole('heading', { level: 1, name: 'Set a new password' })).toBeVisible()
  await expect(page).toHaveURL('/reset-password')
  await page.getByTestId('new-password').fill(OTHER_PASSWORD)
  await page.getByTestId('reset-button').click()
  await page.getByTestId('to-login').click()
  watch.expect('401 POST /api/v1/auth/login')
  await signIn(page, { ...hanako, password: PASSWORD })
  await expect(page.getByRole('main').getByRole('alert').first()).toContainText('Incorrect')
  await signIn(page, { ...hanako, password: OTHER_PASSWORD })
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()

  await page.goto(link)
  await page.getByTestId('new-password').fill(PASSWORD)
  watch.expect('400 POST /api/v1/auth/reset-password')
  await page.getByTestId('reset-button').click()
  await expect(page.getByText('This link is no longer valid')).toBeVisible()
  await page.getByRole('link', { name: 'Send a new link' }).click()
  await expect(page.getByTestId('forgot-button')).toBeVisible()
})

test('nobody learns from the answer who has an account', async ({ page, people }) => {
  const ichiro = await people.setUp('ichiro')
  await open(page, '/forgot-password', 'Forgot your password?')
  await page.getByTestId('email').fill('nobody@example.org')
  await page.getByTestId('forgot-button').click()
  await expect(page.getByText('Look into your inbox')).toBeVisible()
  await expect(page.getByText('If nobody@example.org belongs to an account')).toBeVisible()
  expect(await ichiro.mailTo('nobody@example.org')).toBe('')
})

test('resetting signs out everywhere, here as well', async ({
  page,
  people,
  openBrowser,
  watch,
}) => {
  const ichiro = await people.setUp('ichiro')
  const hanako = await people.register('hanako')
  const elsewhere = await (await openBrowser(hanako)).newPage()
  await open(elsewhere, '/', 'Hello, hanako')
  await page.goto('/login')
  await signIn(page, hanako)
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()

  await page.goto('/forgot-password')
  await page.getByTestId('email').fill(hanako.email)
  await page.getByTestId('forgot-button').click()
  await expect(page.getByText('Look into your inbox')).toBeVisible()
  await page.goto(await mailedLink(ichiro, hanako.email, '/reset-password'))
  await page.getByTestId('new-password').fill(OTHER_PASSWORD)
  watch.expect('401 POST /api/v1/auth/logout')
  await page.getByTestId('reset-button').click()
  await page.getByTestId('to-login').click()
  await expect(page.getByTestId('login-button')).toBeVisible()

  watch.expect(/^401 GET /u, '401 POST /api/v1/auth/refresh')
  await elsewhere.getByTestId('load-data').click()
  await expect(elsewhere.getByTestId('login-button')).toBeVisible()
})

test('an address is confirmed by following the link of the mail', async ({
  page,
  people,
  watch,
}) => {
  const ichiro = await people.setUp('ichiro')
  const hanako = await people.register('hanako')
  await page.goto('/login?redirect=/settings')
  await signIn(page, hanako)
  await expect(page.getByText('Not confirmed yet')).toBeVisible()
  const first = await mailedLink(ichiro, hanako.email, '/verify-email')
  await page.getByTestId('send-verification').click()
  await expect(page.getByText(`We sent a mail to ${hanako.email}.`)).toBeVisible()
  const find = () => mailedLink(ichiro, hanako.email, '/verify-email')
  await expect.poll(find).not.toBe(first)

  await page.goto(await find())
  await expect(page.getByText('Your address is confirmed')).toBeVisible()
  await expect(page).toHaveURL('/verify-email')
  await page.getByTestId('go-on').click()
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
  await open(page, '/settings#email', 'Settings')
  await expect(page.locator('#email').getByText('Confirmed', { exact: true })).toBeVisible()

  await signOut(page)
  watch.expect('400 POST /api/v1/auth/verify-email')
  await page.goto(first)
  await expect(page.getByText('This link is no longer valid')).toBeVisible()
})
