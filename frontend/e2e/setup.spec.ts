import { PASSWORD } from './support/people'
import { expect, test } from './support/test'

test('the printed link makes the first superuser, and only the first', async ({
  page,
  server,
  openBrowser,
}) => {
  await page.goto(server.setupLink)
  await expect(page.getByRole('heading', { name: 'Set up Musubi' })).toBeVisible()
  await expect(page).toHaveURL('/setup')
  await page.getByTestId('username').fill('ichiro')
  await page.getByTestId('email').fill('ichiro@example.org')
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('full-name').fill('鈴木一郎')
  await page.getByTestId('setup-button').click()
  await expect(page.getByRole('heading', { name: 'Hello, 鈴木一郎' })).toBeVisible()
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Users' })).toBeVisible()

  const other = await (await openBrowser()).newPage()
  await other.goto(server.setupLink)
  await expect(other.getByText('Musubi is already set up')).toBeVisible()
  await expect(other).toHaveURL('/setup')
  await expect(other.getByTestId('setup-button')).toBeHidden()
  await other.getByRole('link', { name: 'Sign in' }).click()
  await expect(other).toHaveURL('/login')
})

test('without the link there is nothing to fill in, and a wrong one is refused', async ({
  page,
  watch,
}) => {
  await page.goto('/setup')
  await expect(page.getByText('Please open the set-up link')).toBeVisible()
  await expect(page.getByTestId('setup-button')).toBeHidden()

  await page.goto('/setup#token=0123456789abcdef')
  await page.getByTestId('username').fill('mallory')
  await page.getByTestId('email').fill('mallory@example.org')
  await page.getByTestId('password').fill(PASSWORD)
  watch.expect('403 POST /api/v1/setup')
  await page.getByTestId('setup-button').click()
  await expect(page.getByText('This set-up link is not valid')).toBeVisible()
})
