import type { Page } from '@playwright/test'
import { open, signIn, signOut } from './support/flows'
import { PASSWORD } from './support/people'
import { readableState } from './support/storage'
import { authenticatorCode } from './support/totp'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

interface Enrolled {
  secret: string
  recoveryCodes: string[]
}

async function setUpAuthenticator(page: Page): Promise<Enrolled> {
  await open(page, '/settings#two-factor', 'Settings')
  await page.getByTestId('set-up-totp').click()
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible()
  const secret = (await page.getByTestId('totp-secret').textContent())!
  await page.getByTestId('totp-code').fill(authenticatorCode(secret))
  await page.getByTestId('confirm-totp').click()
  const items = page.getByTestId('recovery-codes').getByRole('listitem')
  await expect(items).toHaveCount(10)
  const recoveryCodes = await items.allTextContents()
  return { secret, recoveryCodes }
}

/** Answers the second question of the login. */
async function answer(page: Page, code: string): Promise<void> {
  await page.getByTestId('code').fill(code)
  await page.getByTestId('send-code').click()
}

const hello = (page: Page) => page.getByRole('heading', { name: 'Hello, hanako' })

test('an authenticator app is asked for after the password, and recovery codes replace it', async ({
  page,
  me,
  watch,
}) => {
  const { secret, recoveryCodes } = await setUpAuthenticator(page)
  await page.getByTestId('codes-kept').click()
  await expect(page.getByTestId('recovery-codes')).toBeHidden()
  await expect(page.getByTestId('two-factor-status')).toHaveText('On')
  await expect(page.getByText('10 left')).toBeVisible()

  await signOut(page)
  await signIn(page, me)
  await expect(page.getByTestId('code')).toBeFocused()
  await expect(page.getByTestId('code')).toHaveAttribute('autocomplete', 'one-time-code')
  watch.expect('401 POST /api/v1/auth/login/mfa')
  await answer(page, '000000')
  await expect(page.getByRole('main').getByRole('alert')).toContainText('This code is not right')
  await answer(page, authenticatorCode(secret, 1))
  await expect(hello(page)).toBeVisible()

  await signOut(page)
  await signIn(page, me)
  await page.getByTestId('use-recovery-instead').click()
  await answer(page, recoveryCodes[3]!)
  await expect(hello(page)).toBeVisible()
  await open(page, '/settings#two-factor', 'Settings')
  await expect(page.getByText('9 left')).toBeVisible()

  const everything = JSON.stringify(await readableState(page))
  for (const secretThing of [secret, secret.replaceAll(' ', ''), PASSWORD, ...recoveryCodes]) {
    expect(everything).not.toContain(secretThing)
  }
})

test('codes can be kept in a file, made anew, and go with the app', async ({ page, me }) => {
  const { recoveryCodes } = await setUpAuthenticator(page)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download' }).click()
  expect((await download).suggestedFilename()).toBe('musubi-recovery-codes.txt')
  await page.emulateMedia({ media: 'print' })
  await expect(page.getByTestId('recovery-codes')).toBeVisible()
  await expect(page.getByText('Musubi recovery codes of hanako')).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, includeHidden: true })).toBeHidden()
  await expect(page.getByTestId('codes-kept')).toBeHidden()
  await page.emulateMedia({ media: 'screen' })
  await page.getByTestId('codes-kept').click()

  await page.getByTestId('make-recovery-codes').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make codes' }).click()
  const sheet = page.getByTestId('recovery-codes')
  await expect(sheet).toBeVisible()
  expect(await sheet.getByRole('listitem').allTextContents()).not.toContain(recoveryCodes[0])
  await page.getByTestId('codes-kept').click()

  await page.getByTestId('remove-totp').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click()
  await expect(page.getByTestId('two-factor-status')).toHaveText('Off')
  await expect(page.getByTestId('make-recovery-codes')).toBeHidden()
  await signOut(page)
  await signIn(page, me)
  await expect(hello(page)).toBeVisible()
})

test('a sign-in that waits too long for its second factor begins again', async ({
  page,
  me,
  watch,
}) => {
  const { secret } = await setUpAuthenticator(page)
  await signOut(page)
  await signIn(page, me)
  watch.expect('401 POST /api/v1/auth/login/mfa')
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await answer(page, '000000')
    await expect(page.getByRole('main').getByRole('alert')).toContainText('not right')
  }
  await answer(page, authenticatorCode(secret, 1))
  await expect(page.getByRole('main').getByRole('alert').first()).toContainText('took too long')
  await expect(page.getByTestId('username')).toBeVisible()
})

test('a session from before has to prove who it is', async ({ page, me, openBrowser, watch }) => {
  const elsewhere = await (await openBrowser(me)).newPage()
  await open(elsewhere, '/settings#two-factor', 'Settings')
  const { secret } = await setUpAuthenticator(page)

  await elsewhere.reload()
  await elsewhere.getByTestId('make-recovery-codes').click()
  const make = elsewhere.getByRole('button', { name: 'Make codes' })
  const proof = elsewhere.getByRole('dialog', { name: "Please confirm that it's you" })
  watch.expect('403 POST /api/v1/auth/recovery-codes', '400 POST /api/v1/auth/reauthenticate')
  await make.click()
  await proof.getByRole('button', { name: 'Cancel' }).click()
  await expect(proof).toBeHidden()
  await expect(elsewhere.getByRole('dialog').getByRole('alert')).toBeEmpty()

  await make.click()
  await proof.getByTestId('code').fill('000000')
  await proof.getByTestId('send-code').click()
  await expect(proof.getByTestId('code')).toHaveAccessibleDescription(/This code is not right/u)
  await proof.getByTestId('code').fill(authenticatorCode(secret, 1))
  await proof.getByTestId('send-code').click()
  await expect(elsewhere.getByTestId('recovery-codes').getByRole('listitem')).toHaveCount(10)
})
