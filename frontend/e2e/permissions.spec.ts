import { open, signIn, signOut } from './support/flows'
import { PASSWORD } from './support/people'
import { expect, test } from './support/test'

test.describe('a member', () => {
  test.use({ visitor: 'member' })

  test('is told at a page for administrators that it is not for them', async ({ page }) => {
    for (const path of ['/admin/users', '/admin/users/new', '/admin/users/1']) {
      await open(page, path, 'You may not open this page')
      await expect(page).toHaveURL(path)
    }
    await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link')).toHaveText([
      'Dashboard',
      'Items',
      'Files',
      'Rooms',
      'Settings',
    ])
    await page.getByRole('link', { name: 'To the start page' }).click()
    await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
  })

  test('is told at an unknown address that there is no such page', async ({ page }) => {
    await open(page, '/no/such/page?with=query', 'There is no such page')
    await expect(page).toHaveURL('/no/such/page?with=query')
    await expect(page).toHaveTitle('There is no such page · Musubi')
  })

  test('reads what others published, but can neither change it nor see their drafts', async ({
    page,
    people,
    watch,
  }) => {
    const taro = await people.register('taro')
    const published = await taro.createItem({ title: 'For everyone', status: 'published' })
    const draft = await taro.createItem({ title: 'Not ready' })
    watch.expect(`403 GET /api/v1/items/${draft.id}`, '404 GET /api/v1/items/999999')

    await open(page, `/items/${published.id}`, 'For everyone')
    await expect(page.getByTestId('edit-item')).toBeHidden()
    await expect(page.getByTestId('delete-item')).toBeHidden()
    await open(page, `/items/${published.id}/edit`, 'You may not change this item')
    await open(page, `/items/${draft.id}`, 'You may not see this item')
    await open(page, '/items/999999', "This item doesn't exist")
  })
})

test('an unknown address is as unknown to someone signed out', async ({ page }) => {
  await open(page, '/no/such/page', 'There is no such page')
  await page.goto('/admin/users')
  await expect(page).toHaveURL('/login?redirect=/admin/users')
})

test.describe('an administrator', () => {
  test.use({ visitor: 'superuser' })

  test('finds someone, changes the account and lets them see more', async ({
    page,
    people,
    openBrowser,
  }) => {
    const hanako = await people.register('hanako')
    await people.register('taro')
    await open(page, '/', 'Hello, ichiro')
    await page.getByRole('link', { name: 'Users' }).click()
    await expect(page.getByTestId(/^user-\d+$/u)).toHaveCount(3)
    await page.getByTestId('user-search').fill('HANA')
    await expect(page.getByTestId(/^user-\d+$/u)).toHaveCount(1)
    await expect(page).toHaveURL('/admin/users?search=HANA')
    await page.reload()
    await page.getByTestId(`user-${hanako.id}`).getByRole('link').click()

    await page.getByTestId('full-name').fill('山田花子')
    await page.getByTestId('role').selectOption('Administrator')
    await page.getByTestId('save-user').click()
    await expect(page.getByText('Saved')).toBeVisible()
    await expect(page.getByRole('heading', { level: 1, name: '山田花子' })).toBeVisible()

    const theirs = await (await openBrowser(hanako)).newPage()
    await open(theirs, '/admin/users', 'Users')
    await expect(theirs.getByTestId(`user-${hanako.id}`)).toContainText('Administrator')
  })

  test('makes an account that can sign in', async ({ page, openBrowser, watch }) => {
    await open(page, '/admin/users', 'Users')
    await page.getByTestId('create-user').click()
    await expect(page.getByRole('heading', { name: 'New user' })).toBeVisible()
    await page.getByTestId('username').fill('ICHIRO')
    await page.getByTestId('email').fill('saburo@example.org')
    await page.getByTestId('password').fill(PASSWORD)
    watch.expect('409 POST /api/v1/users')
    await page.getByTestId('save-user').click()
    await expect(page.getByTestId('username')).toHaveAccessibleDescription(
      /This name is already taken/u,
    )
    await page.getByTestId('username').fill('saburo')
    await page.getByTestId('save-user').click()
    await expect(page.getByText('saburo now has an account')).toBeVisible()
    await expect(page).toHaveURL(/\/admin\/users\/\d+$/u)

    const theirs = await (await openBrowser()).newPage()
    await open(theirs, '/login', 'Sign in')
    await theirs.getByTestId('username').fill('saburo')
    await theirs.getByTestId('password').fill(PASSWORD)
    await theirs.getByTestId('login-button').click()
    await expect(theirs.getByRole('heading', { name: 'Hello, saburo' })).toBeVisible()
  })

  test('disables an account, which is signed out at once, and enables it again', async ({
    page,
    people,
    openBrowser,
    watch,
  }) => {
    const hanako = await people.register('hanako')
    const theirs = await (await openBrowser(hanako)).newPage()
    await open(theirs, '/', 'Hello, hanako')

    await open(page, `/admin/users/${hanako.id}`, 'hanako')
    await page.getByTestId('toggle-active').click()
    const dialog = page.getByRole('dialog', { name: 'Disable the account of hanako?' })
    await dialog.getByRole('button', { name: 'Disable account' }).click()
    await expect(page.getByText('hanako can no longer sign in')).toBeVisible()

    watch.expect(/^401 GET /u, '401 POST /api/v1/auth/refresh', '400 POST /api/v1/auth/login')
    await theirs.getByTestId('load-data').click()
    await signIn(theirs, hanako)
    await expect(theirs.getByRole('main').getByText('This account is disabled')).toBeVisible()

    await page.getByTestId('toggle-active').click()
    await page
      .getByRole('dialog', { name: 'Enable the account of hanako?' })
      .getByRole('button', { name: 'Enable account' })
      .click()
    await expect(page.getByText('hanako can sign in again')).toBeVisible()
    await signIn(theirs, hanako)
    await expect(theirs.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
  })

  test('deletes an account and hands its items over', async ({ page, people }) => {
    const hanako = await people.register('hanako')
    const taro = await people.register('taro')
    await hanako.createItem({ title: 'Handed over' })
    await open(page, `/admin/users/${hanako.id}`, 'hanako')
    await page.getByTestId('delete-user').click()
    const dialog = page.getByRole('dialog', { name: 'Delete the account of hanako?' })
    await dialog.getByLabel('Another user takes them over').check()
    await dialog.getByRole('button', { name: 'Delete account' }).click()
    await expect(dialog.getByText('Please choose who takes over the items.')).toBeVisible()
    await dialog.getByLabel('Search users').fill('taro')
    await dialog.getByLabel('taro').check()
    await dialog.getByRole('button', { name: 'Delete account' }).click()
    await expect(page.getByText('The account of hanako was deleted')).toBeVisible()
    await expect(page).toHaveURL('/admin/users')
    await expect(page.getByTestId(`user-${taro.id}`)).toBeVisible()
    expect(await taro.items()).toMatchObject([{ title: 'Handed over' }])
  })

  test('can not give up the last account that may do everything', async ({ page, me, watch }) => {
    await open(page, `/admin/users/${me.id}`, 'ichiro')
    watch.expect(/^409 (PATCH|DELETE) /u)
    await page.getByTestId('toggle-active').click()
    const dialog = page.getByRole('dialog', { name: 'Disable the account of ichiro?' })
    await dialog.getByRole('button', { name: 'Disable account' }).click()
    await expect(dialog.getByRole('alert')).toContainText('at least one active superuser')
    await page.keyboard.press('Escape')
    await signOut(page)
  })
})
