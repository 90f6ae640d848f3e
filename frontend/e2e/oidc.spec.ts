import type { Page } from '@playwright/test'
import { open, signIn, signOut } from './support/flows'
import { agree, type Provider, startProvider, TITLE } from './support/provider'
import { startServer } from './support/server'
import { readableState } from './support/storage'
import { expect, lend, test as base } from './support/test'
import { authenticatorCode } from './support/totp'

/** A test whose server knows a provider, which is at another site for the browser. */
const test = base.extend<{ atProvider: Provider }, { provider: Provider }>({
  provider: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright insists on a pattern.
    async ({}, use) => {
      const provider = await startProvider()
      await use(provider)
      await provider.stop()
    },
    { scope: 'worker' },
  ],
  server: [
    async ({ provider }, use) => lend(await startServer(provider.settings), use),
    { scope: 'worker' },
  ],
  // Its pages are not ours, and load what they like.
  atProvider: [
    async ({ provider, context, watch }, use) => {
      await context.route(/^https:/u, (route) => route.abort())
      watch.expect(/^foreign request /u, /^net::ERR_FAILED GET /u)
      await use(provider)
    },
    { auto: true },
  ],
})

// Their server isn't the others': one worker starts it for all of them.
test.describe.configure({ mode: 'default' })

const HANAKO = {
  preferred_username: 'hanako',
  name: '山田 花子',
  email: 'hanako@example.org',
  email_verified: true,
}

const toProvider = (page: Page) =>
  page.getByRole('link', { name: `Continue with ${TITLE}` }).click()

test('someone new is signed in and led to the page they came for', async ({
  page,
  atProvider,
  watch,
}) => {
  await atProvider.addPerson('hanako-at-acme', HANAKO)
  await page.goto('/items?sort=title')
  await toProvider(page)
  await agree(page, 'hanako-at-acme')
  await expect(page).toHaveURL('/items?sort=title')
  await expect(page.getByTestId('user-menu')).toContainText('山田 花子')
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'Items' })).toBeVisible()
  expect(await readableState(page)).toMatchObject({
    local: { 'musubi.was-signed-in': '1' },
    session: {},
    cookie: '',
  })

  await open(page, '/settings#connections', 'Settings')
  await expect(page.locator('#connections')).toContainText(TITLE)
  await expect(page.locator('#connections')).toContainText('hanako@example.org')
  await expect(page.getByTestId('request-password')).toBeVisible()
  await page.getByRole('button', { name: `Disconnect ${TITLE}` }).click()
  watch.expect(/^409 DELETE /u)
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('nothing else would open')
})

test('an account is connected in the settings, opens the door, and is disconnected', async ({
  page,
  people,
  atProvider,
}) => {
  const taro = await people.register('taro')
  await atProvider.addPerson('taro-at-acme', { email: 'taro@acme.example', email_verified: true })
  await page.goto('/login?redirect=/settings/security')
  await signIn(page, taro)
  const section = page.locator('#connections')
  await section.getByRole('button', { name: `Connect ${TITLE}` }).click()
  await agree(page, 'taro-at-acme')
  await expect(page.getByText(`${TITLE} is connected`)).toBeVisible()
  await expect(page).toHaveURL('/settings/security#connections')
  await expect(section).toContainText('taro@acme.example')

  await signOut(page)
  await toProvider(page)
  await agree(page, 'taro-at-acme')
  await expect(page.getByRole('heading', { name: 'Hello, taro' })).toBeVisible()

  await open(page, '/settings#connections', 'Settings')
  await section.getByRole('button', { name: `Disconnect ${TITLE}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(section).toContainText('Not connected')
})

test('who has a second factor is asked for it after the provider', async ({
  page,
  people,
  atProvider,
}) => {
  const taro = await people.register('taro')
  await atProvider.addPerson('taro-at-acme', {})
  await page.goto('/login?redirect=/settings/security')
  await signIn(page, taro)
  await page.getByRole('button', { name: `Connect ${TITLE}` }).click()
  await agree(page, 'taro-at-acme')
  await page.getByTestId('set-up-totp').click()
  const secret = (await page.getByTestId('totp-secret').textContent())!
  await page.getByTestId('totp-code').fill(authenticatorCode(secret))
  await page.getByTestId('confirm-totp').click()
  await page.getByTestId('codes-kept').click()
  await signOut(page)

  await page.goto('/items')
  await toProvider(page)
  await agree(page, 'taro-at-acme')
  await expect(page.getByTestId('code')).toBeFocused()
  await expect(page).toHaveURL('/login?redirect=/items')
  await page.getByTestId('code').fill(authenticatorCode(secret, 1))
  await page.getByTestId('send-code').click()
  await expect(page).toHaveURL('/items')
})

test('what goes wrong is told where one lands, once', async ({ page, people, atProvider }) => {
  await people.register('hanako')
  await atProvider.addPerson('hanako-at-acme', HANAKO)
  const alert = page.getByRole('main').getByRole('alert').first()
  await page.goto('/login')
  await toProvider(page)
  await agree(page, 'hanako-at-acme')
  await expect(alert).toContainText('There is an account with your e-mail address already.')
  await expect(page).toHaveURL('/login')
  await page.reload()
  await expect(page.getByTestId('login-button')).toBeVisible()
  await expect(alert).toBeEmpty()

  await toProvider(page)
  const state = new URL(page.url()).searchParams.get('state')
  // This provider forgets the state of whoever says no.
  await page.route(`${atProvider.origin}/**`, async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    const { location } = (await route.fetch({ maxRedirects: 0 })).headers()
    return route.fulfill({ status: 302, headers: { location: `${location}&state=${state}` } })
  })
  await page.getByRole('button', { name: 'Deny' }).click()
  await expect(alert).toContainText('you cancelled it there')
})
