import { readFile } from 'node:fs/promises'
import { open } from './support/flows'
import { PASSWORD } from './support/people'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

test('data is taken along and brought back', async ({ page, account }) => {
  const [tea] = [
    await account!.createItem({ title: '急須の本', status: 'draft', tags: ['tea'] }),
    await account!.createItem({ title: 'Kumiko', status: 'published' }),
  ]
  await open(page, '/settings/data', 'Settings')
  await page.getByTestId('ask-for-export').click()
  await expect(page.getByTestId('export-ready')).toBeVisible({ timeout: 30_000 })

  const downloading = page.waitForEvent('download')
  await page.getByTestId('download-export').click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/^musubi-.+\.zip$/u)
  const archive = await readFile(await download.path())
  expect(archive.subarray(0, 2).toString()).toBe('PK')

  await page.goto(`/items/${tea!.id}`)
  await page.getByTestId('delete-item').click()
  await page.getByRole('dialog').locator('.btn-error').click()
  await expect(page).toHaveURL(/\/items$/u)

  await open(page, '/settings/data#import', 'Settings')
  await page
    .getByTestId('archive-input')
    .setInputFiles({ name: 'musubi.zip', mimeType: 'application/zip', buffer: archive })
  const result = page.getByTestId('import-done')
  await expect(result).toBeVisible({ timeout: 30_000 })
  await expect(result).toContainText('Items11')
  expect((await account!.items()).map(({ title }) => title).toSorted()).toEqual([
    'Kumiko',
    '急須の本',
  ])
})

test('an archive of something else is refused', async ({ page, watch }) => {
  watch.expect('422 POST /api/v1/imports')
  await open(page, '/settings/data', 'Settings')
  await page
    .getByTestId('archive-input')
    .setInputFiles({ name: 'a.zip', mimeType: 'application/zip', buffer: Buffer.from('nothing') })
  await expect(page.getByText('This is not a zip file, or it is damaged')).toBeVisible()
})

test('an account is deleted by its owner', async ({ page, account, watch }) => {
  // Signing out what the server has ended already, and signing in to what is gone.
  watch.expect('403 DELETE /api/v1/users/me', /^401 POST \/api\/v1\/auth\/log/u)
  // A live connection hears of the end, and asks, at a moment that nobody knows.
  await page.routeWebSocket(/\/ws/u, () => undefined)
  let isAsked = false
  await page.route('**/api/v1/users/me', async (route) => {
    if (isAsked || route.request().method() !== 'DELETE') return route.fallback()
    // The first time the server wants to know who it is.
    isAsked = true
    await route.fulfill({
      status: 403,
      json: {
        error: {
          id: 'e',
          code: 'FORBIDDEN',
          message: 'Confirm that it is you',
          details: { reason: 'reauthentication_required', methods: ['password'] },
          timestamp: '2026-01-31T09:30:00Z',
        },
      },
    })
  })
  await open(page, '/settings/data#delete-account', 'Settings')
  await page.getByTestId('delete-account').click()
  const dialog = page.getByRole('dialog', { name: 'Delete your account for good?' })
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  await expect(dialog).toContainText('This is not your username.')

  await dialog.getByTestId('confirm-username').fill(account!.username)
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  const proof = page.getByRole('dialog', { name: 'Please confirm' })
  await proof.getByRole('textbox').fill(PASSWORD)
  await proof.getByRole('button', { name: 'Confirm' }).click()

  await expect(page).toHaveURL(/\/login/u)
  await expect(page.getByText('Your account was deleted')).toBeVisible()
  await page.getByTestId('username').fill(account!.username)
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('login-button').click()
  await expect(page.getByRole('main').getByRole('alert').first()).not.toBeEmpty()
})
