import { expect, test } from './support/test'

// What these pages ask of others, or what their policy forbids them, fails by the watch.

test('Swagger UI shows the API and can try it', async ({ page }) => {
  await page.goto('/api/docs')
  await expect(page.getByRole('heading', { name: /^Musubi/u })).toBeVisible()
  const operation = page.locator('#operations-system-get_health')
  await operation.getByRole('button').first().click()
  await operation.getByRole('button', { name: 'Try it out' }).click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  await expect(operation.locator('.live-responses-table')).toContainText('healthy')
})

test('ReDoc shows the API', async ({ page }) => {
  await page.goto('/api/redoc')
  await expect(page.getByRole('heading', { level: 1, name: /^Musubi/u })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'tag/items items' })).toBeVisible()
})
