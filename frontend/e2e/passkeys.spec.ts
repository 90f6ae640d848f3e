import type { Page } from '@playwright/test'
import { plugInAuthenticator } from './support/authenticator'
import { open, signIn, signOut } from './support/flows'
import { readableState } from './support/storage'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const hello = (page: Page) => page.getByRole('heading', { name: 'Hello, hanako' })

async function addPasskey(page: Page, name: string): Promise<void> {
  await open(page, '/settings#passkeys', 'Settings')
  await page.getByTestId('add-passkey').click()
  await page.getByTestId('passkey-name').fill(name)
  await page.getByTestId('save-passkey').click()
  await expect(page.getByRole('dialog')).toBeHidden()
}

test('a passkey is added, signs in without a name or a password, and is taken away', async ({
  page,
  me,
}) => {
  const authenticator = await plugInAuthenticator(page)
  await addPasskey(page, 'My laptop')
  expect(await authenticator.count()).toBe(1)
  const section = page.locator('#passkeys')
  await expect(section).toContainText('My laptop')
  await expect(section).toContainText('Never used')
  await expect(page.getByTestId('two-factor-status')).toHaveText('On')

  await signOut(page)
  await page.getByTestId('passkey-login').click()
  await expect(hello(page)).toBeVisible()
  expect(await readableState(page)).toMatchObject({
    local: { 'musubi.was-signed-in': '1' },
    session: {},
    cookie: '',
    databases: [],
    caches: [],
  })

  await open(page, '/settings#passkeys', 'Settings')
  await expect(section).toContainText('Last used just now')
  await section.getByRole('button', { name: 'Rename My laptop' }).click()
  await page.getByTestId('passkey-name').fill('Old laptop')
  await page.getByTestId('save-passkey').click()
  await section.getByRole('button', { name: 'Remove Old laptop' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove passkey' }).click()
  await expect(section).toContainText('You have no passkeys yet.')
  await expect(page.getByTestId('two-factor-status')).toHaveText('Off')

  await signOut(page)
  await signIn(page, me)
  await expect(hello(page)).toBeVisible()
})

test('a passkey confirms a sign-in with the password', async ({ page, me }) => {
  await plugInAuthenticator(page)
  await addPasskey(page, 'My phone')
  await signOut(page)
  await signIn(page, me)
  await page.getByTestId('use-passkey').click()
  await expect(hello(page)).toBeVisible()
})

test('one that is not of this account, or not unlocked, opens nothing', async ({ page, watch }) => {
  const authenticator = await plugInAuthenticator(page)
  await addPasskey(page, 'My laptop')
  await signOut(page)
  await authenticator.setUnlocked(false)
  await page.getByTestId('passkey-login').click()
  await expect(page.getByTestId('passkey-login')).not.toHaveAttribute('aria-busy')
  await expect(page.getByTestId('login-button')).toBeVisible()
  await authenticator.setUnlocked(true)

  await page.route('**/api/v1/auth/passkeys/login', (route) => {
    const body = route.request().postDataJSON() as {
      assertion: { response: { signature: string } }
    }
    body.assertion.response.signature = 'AAAA'
    return route.continue({ postData: JSON.stringify(body) })
  })
  watch.expect('401 POST /api/v1/auth/passkeys/login')
  await page.getByTestId('passkey-login').click()
  await expect(page.getByText('This passkey could not be verified')).toBeVisible()
})

test('the same device is not added twice', async ({ page }) => {
  const authenticator = await plugInAuthenticator(page)
  await addPasskey(page, 'My laptop')
  await page.getByTestId('add-passkey').click()
  await expect(page.getByText('This device has a passkey for your account already.')).toBeVisible()
  expect(await authenticator.count()).toBe(1)
})
