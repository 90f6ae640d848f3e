import { readDatabase } from './support/database'
import { PASSWORD } from './support/people'
import { expect, test } from './support/test'

test('from the registration to an item that is written, changed and deleted', async ({
  page,
  server,
}) => {
  const stored = () =>
    readDatabase(
      server.database,
      `select items.title, items.description, items.status, users.username
       from items join users on users.id = items.owner_id`,
    )

  await page.goto('/')
  await expect(page).toHaveURL('/login')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await expect(page.getByRole('heading', { name: 'Create an account' })).toBeVisible()
  await page.getByTestId('username').fill('hanako')
  await page.getByTestId('email').fill('hanako@example.org')
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('register-button').click()
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
  await expect(page).toHaveURL('/')

  await page.getByTestId('user-menu').click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page).toHaveURL('/login')
  await page.getByTestId('username').fill('hanako@example.org')
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('login-button').click()
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()

  await page.getByTestId('create-item').click()
  await page.getByTestId('item-title').fill('Order washi paper')
  await page.getByTestId('item-description').fill('Two hundred sheets, cream.')
  await page.getByTestId('item-tags').pressSequentially('paper,workshop')
  await page.getByTestId('save-item').click()
  await expect(page.getByRole('heading', { name: 'Order washi paper' })).toBeVisible()
  await expect(page.getByText('The item is created.')).toBeVisible()
  const id = /\/items\/(\d+)$/u.exec(page.url())?.[1]
  expect(await stored()).toEqual([
    {
      title: 'Order washi paper',
      description: 'Two hundred sheets, cream.',
      status: 'draft',
      username: 'hanako',
    },
  ])

  await page.getByRole('link', { name: 'All items' }).click()
  const row = page.getByTestId(`item-${id}`)
  await expect(row).toContainText('Order washi paper')
  await expect(row).toContainText('Draft')
  await expect(row).toContainText('workshop')

  await row.getByRole('link').click()
  await page.getByTestId('edit-item').click()
  await expect(page.getByRole('heading', { name: 'Edit item' })).toBeVisible()
  await page.getByTestId('item-title').fill('Order more washi paper')
  await page.getByRole('combobox', { name: 'Status' }).selectOption('Published')
  await page.getByTestId('save-item').click()
  await expect(page.getByRole('heading', { name: 'Order more washi paper' })).toBeVisible()
  expect(await stored()).toEqual([
    expect.objectContaining({ title: 'Order more washi paper', status: 'published' }),
  ])

  await page.getByTestId('delete-item').click()
  const dialog = page.getByRole('dialog', { name: 'Delete this item?' })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toBeHidden()
  await page.getByTestId('delete-item').click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('The item is deleted.')).toBeVisible()
  await expect(page.getByText('There are no items yet')).toBeVisible()
  expect(await stored()).toEqual([])
})
