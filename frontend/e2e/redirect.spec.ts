import { signIn } from './support/flows'
import { expect, test } from './support/test'

test('a deep link leads to the login, and from there to what it named', async ({
  page,
  people,
}) => {
  const hanako = await people.register('hanako')
  const item = await hanako.createItem({ title: 'Linked item' })
  await page.goto(`/items/${item.id}`)
  await expect(page).toHaveURL(`/login?redirect=/items/${item.id}`)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await expect(page.getByTestId('register-button')).toBeVisible()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await signIn(page, hanako)
  await expect(page.getByRole('heading', { name: 'Linked item' })).toBeVisible()
  await expect(page).toHaveURL(`/items/${item.id}`)
  await expect(page).toHaveTitle('Linked item · Musubi')
  await page.goBack()
  await expect(page.getByTestId('login-button')).toBeHidden()
})

test('a login that comes with a foreign target stays here', async ({ page, people, server }) => {
  const hanako = await people.register('hanako')
  await page.goto('/login?redirect=//evil.example/items')
  await signIn(page, hanako)
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
  expect(page.url()).toBe(`${server.origin}/`)
})

test.describe('someone who is signed in', () => {
  test.use({ visitor: 'member' })

  for (const target of [
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
  ]) {
    test(`a link that would lead to ${target} leads to the start page`, async ({
      page,
      server,
    }) => {
      await page.goto(`/login?redirect=${encodeURIComponent(target)}`)
      await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
      expect(page.url()).toBe(`${server.origin}/`)
    })
  }
})
