import { open } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

test('begins with an invitation, then counts and lists what one wrote', async ({ page, me }) => {
  await open(page, '/', 'Hello, hanako')
  await expect(page.getByText('You have no items yet')).toBeVisible()

  await me.createItem({ title: 'Draft one' })
  await me.createItem({ title: 'Draft two' })
  const published = await me.createItem({ title: 'Published one', status: 'published' })
  await page.getByTestId('load-data').click()

  await expect(page.getByTestId(`item-${published.id}`)).toContainText('Published one')
  await expect(page.getByTestId(/^item-\d+$/u)).toHaveCount(3)
  const counts = page.getByRole('list', { name: 'Your items by status' })
  await expect(counts.getByRole('listitem').filter({ hasText: 'Drafts' })).toContainText('2')
  await expect(counts.getByRole('listitem').filter({ hasText: 'Published' })).toContainText('1')
  await counts.getByRole('link', { name: /Draft/u }).click()
  await expect(page).toHaveURL('/items?status=draft&mine=1')
})
