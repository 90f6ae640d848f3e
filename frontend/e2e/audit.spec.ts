import { open } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'superuser' })

test('the log tells who did what, and narrows down to what one looks for', async ({
  page,
  me,
  people,
}) => {
  const hanako = await people.register('hanako')
  await me.updateUser(hanako.id, { role: 'editor' })
  await me.updateUser(hanako.id, { bio: 'Not for the log' })
  await open(page, '/admin/audit', 'Audit log')
  const entries = page.getByTestId(/^entry-/u)
  await expect(entries.first()).toContainText('Changed an account')

  await page.getByTestId('audit-action').selectOption('Registered')
  await expect(entries).toHaveCount(1)
  await expect(entries.first()).toContainText('hanako')
  await expect(page).toHaveURL('/admin/audit?action=user.registered')
  await page.reload()
  await expect(entries).toHaveCount(1)

  await page.getByRole('button', { name: 'Show everything' }).click()
  await page.getByTestId('audit-actor').fill('ICHI')
  await page.getByRole('listbox').getByRole('option', { name: 'ichiro' }).click()
  await expect(page).toHaveURL(`/admin/audit?actor=${me.id}`)
  await expect(entries.filter({ hasText: 'Registered' })).toHaveCount(0)

  await page.getByTestId('audit-action').selectOption('Changed an account')
  await expect(entries).toHaveCount(2)
  const [latest, first] = await entries.all()
  await latest!.getByRole('button', { name: 'Details' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'About' })).toContainText(
    "Changed (content isn't logged)",
  )
  await expect(page.getByRole('main')).not.toContainText('Not for the log')
  await first!.getByRole('button', { name: 'Details' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'Role' }).last()).toContainText('editor')

  const tomorrow = new Date(Date.now() + 36 * 3_600_000).toISOString().slice(0, 10)
  await page.getByLabel('From day').fill(tomorrow)
  await expect(page.getByText('No entries found')).toBeVisible()
})

test('a deleted account is nameless in the log as well', async ({ page, me, people }) => {
  const hanako = await people.register('hanako')
  await hanako.createItem({ title: 'Left behind', status: 'published' })
  await open(page, `/admin/users/${hanako.id}`, 'hanako')
  await page.getByTestId('delete-user').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click()
  await expect(page).toHaveURL('/admin/users')

  await open(page, '/admin/audit?action=user.registered', 'Audit log')
  await expect(page.getByTestId(/^entry-/u)).toContainText(['Deleted user'])
  await expect(page.getByTestId(/^entry-/u)).not.toContainText(['hanako'])

  await page.getByTestId('user-menu').click()
  await page.getByRole('menuitemradio', { name: '日本語' }).click()
  await expect(page.getByTestId(/^entry-/u)).toContainText(['削除されたユーザー'])
  await open(page, '/items', 'アイテム')
  await expect(page.getByTestId(/^item-\d+$/u)).toContainText(['削除されたユーザー'])
  expect(await me.items()).toEqual([])
})

test('every action there can be has words in both languages', async ({ page }) => {
  for (const language of ['English', '日本語']) {
    await page.goto('/admin/audit')
    await page.getByTestId('user-menu').click()
    await page.getByRole('menuitemradio', { name: language }).click()
    const action = page.getByTestId('audit-action')
    await expect(action.getByRole('option')).not.toHaveCount(1)
    const offered = await action.getByRole('option').allTextContents()
    expect(offered.filter((text) => /^\s*[a-z_]+\.[a-z_]+\s*$/u.test(text))).toEqual([])
  }
})
