import type { Page } from '@playwright/test'
import { open, signIn } from './support/flows'
import { PASSWORD } from './support/people'
import { expect, test } from './support/test'
import { authenticatorCode } from './support/totp'

const ADMINISTRATION = ['Users', 'Audit log', 'Mail', 'System']
const mainMenu = (page: Page) => page.getByRole('navigation', { name: 'Main' })

test.describe('a member', () => {
  test.use({ visitor: 'member' })

  test('is told at each of these pages that it is not for them', async ({ page }) => {
    for (const path of ['/admin/users', '/admin/audit', '/admin/mail/1', '/admin/system']) {
      await open(page, path, 'You may not open this page')
      await expect(page).toHaveURL(path)
    }
    await expect(mainMenu(page)).not.toContainText('Administration')
  })
})

test.describe('an administrator', () => {
  test.use({ visitor: 'superuser' })

  test('makes an account, gives it rights, and takes them away again', async ({
    page,
    openBrowser,
  }) => {
    await open(page, '/admin/users/new', 'New user')
    await page.getByTestId('username').fill('saburo')
    await page.getByTestId('email').fill('saburo@example.org')
    await page.getByTestId('password').fill(PASSWORD)
    await page.getByTestId('role').selectOption('Administrator')
    await page.getByTestId('save-user').click()
    await expect(page.getByRole('heading', { level: 1, name: 'saburo' })).toBeVisible()
    await expect(page.getByText('E-mail not confirmed')).toBeVisible()

    const theirs = await (await openBrowser()).newPage()
    await open(theirs, '/login?redirect=/admin/users', 'Sign in')
    await theirs.getByTestId('username').fill('saburo')
    await theirs.getByTestId('password').fill(PASSWORD)
    await theirs.getByTestId('login-button').click()
    await expect(theirs.getByRole('heading', { level: 1, name: 'Users' })).toBeVisible()
    await expect(mainMenu(theirs).getByRole('list', { name: 'Administration' })).toHaveText(
      ADMINISTRATION.join(''),
    )

    await page.getByTestId('role').selectOption('Member')
    await page.getByTestId('save-user').click()
    await expect(page.getByText('Saved')).toBeVisible()

    // Their page learns of it at once.
    await expect(theirs.getByRole('heading', { name: 'You may not open this page' })).toBeVisible()
    await expect(theirs).toHaveURL(/\/admin\/users/u)
    await expect(mainMenu(theirs)).not.toContainText('Administration')
  })

  test("ends someone's sessions, here and wherever else they are", async ({
    page,
    people,
    openBrowser,
    watch,
  }) => {
    const hanako = await people.register('hanako')
    const theirs = await (await openBrowser(hanako)).newPage()
    await open(theirs, '/', 'Hello, hanako')

    await open(page, `/admin/users/${hanako.id}`, 'hanako')
    const sessions = page.getByRole('list', { name: 'Sessions' })
    await expect(sessions.getByRole('listitem')).toHaveCount(2)
    await expect(sessions).toContainText('127.0.0.1')
    await page.getByTestId('end-user-sessions').click()
    const dialog = page.getByRole('dialog', { name: 'Sign hanako out everywhere?' })
    await dialog.getByRole('button', { name: 'End all sessions' }).click()
    await expect(page.getByText('hanako was signed out everywhere')).toBeVisible()
    await expect(page.getByText('Not signed in anywhere.')).toBeVisible()

    watch.expect(/^401 GET /u, '401 POST /api/v1/auth/refresh')
    await theirs.getByTestId('load-data').click()
    await signIn(theirs, hanako)
    await expect(theirs.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
  })

  test('lets someone in again who has lost the second factor', async ({
    page,
    people,
    openBrowser,
  }) => {
    const hanako = await people.register('hanako')
    const secret = await hanako.enrol()
    const theirs = await (await openBrowser()).newPage()
    await open(theirs, '/login', 'Sign in')
    await signIn(theirs, hanako)
    await expect(theirs.getByRole('heading', { name: 'One more step' })).toBeVisible()

    await open(page, `/admin/users/${hanako.id}`, 'hanako')
    await expect(page.getByTestId('factors')).toContainText('On')
    await page.getByTestId('reset-factors').click()
    const dialog = page.getByRole('dialog', { name: 'Reset the second factors of hanako?' })
    await expect(dialog).toContainText('After that the password alone is enough to sign in')
    await dialog.getByRole('button', { name: 'Remove second factors' }).click()
    await expect(page.getByText('The second factors of hanako were removed')).toBeVisible()
    await expect(page.getByTestId('reset-factors')).toBeHidden()

    expect(authenticatorCode(secret)).toMatch(/^\d{6}$/u)
    await theirs.reload()
    await signIn(theirs, hanako)
    await expect(theirs.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
  })

  test('sees on the page of an account what its owner did lately', async ({ page, people }) => {
    const hanako = await people.register('hanako')
    await open(page, `/admin/users/${hanako.id}`, 'hanako')
    const activity = page.getByRole('list', { name: 'Recent activity' })
    await expect(activity.getByRole('listitem')).toContainText(['Registered'])
    await page.getByRole('link', { name: 'Everything hanako did' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Audit log' })).toBeVisible()
    await expect(page).toHaveURL(`/admin/audit?actor=${hanako.id}`)
    await expect(page.getByTestId('audit-actor')).toHaveValue('hanako')
    await expect(page.getByTestId(/^entry-/u)).toHaveCount(1)
  })
})
