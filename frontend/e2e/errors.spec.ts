import type { Locator, Page } from '@playwright/test'
import { open, signIn } from './support/flows'
import { PASSWORD } from './support/people'
import { expect, test } from './support/test'

const NO_NETWORK = 'Network Error - Please check your connection'
const NO_SERVER = 'Server is temporarily unavailable. Please try again later.'

/** How far the page's clock jumps to where it stands still, in ms: less than any request of the page may take. */
const A_MOMENT = 2_000

const INTERNAL_ERROR = {
  status: 500,
  json: {
    error: {
      id: '0',
      code: 'INTERNAL_SERVER_ERROR',
      message: 'An unexpected error occurred',
      details: {},
      timestamp: '2026-01-01T00:00:00Z',
    },
  },
}

/** The field is marked, and whoever reaches it hears why. */
async function expectFieldError(field: Locator, message: string) {
  await expect(field).toHaveAttribute('aria-invalid', 'true')
  await expect(field).toHaveAccessibleDescription(new RegExp(message, 'u'))
}

async function fillRegistration(page: Page, username: string, email: string, password = PASSWORD) {
  await open(page, '/register', 'Create an account')
  await page.getByTestId('username').fill(username)
  await page.getByTestId('email').fill(email)
  await page.getByTestId('password').fill(password)
}

test.describe('someone who is signed in', () => {
  test.use({ visitor: 'member' })

  test('is told that the network is gone, and goes on when it is back', async ({
    page,
    context,
    me,
    watch,
  }) => {
    const item = await me.createItem({ title: 'Still here' })
    await open(page, '/', 'Hello, hanako')
    await expect(page.getByTestId(`item-${item.id}`)).toBeVisible()

    watch.expect(/^net::ERR_INTERNET_DISCONNECTED GET /u)
    await context.setOffline(true)
    await expect(page.getByText('No connection. What you see may be out of date.')).toBeVisible()
    await page.getByTestId('load-data').click()
    await expect(page.getByTestId('error-notification')).toHaveText(NO_NETWORK)
    await expect(page.getByTestId(`item-${item.id}`)).toBeVisible()

    await context.setOffline(false)
    await expect(page.getByText('No connection.')).toBeHidden()
    const later = await me.createItem({ title: 'Written meanwhile' })
    await page.getByTestId('load-data').click()
    await expect(page.getByTestId(`item-${later.id}`)).toBeVisible()
  })

  test('loses no text when saving fails, and saves once when it works again', async ({
    page,
    me,
    watch,
  }) => {
    await open(page, '/items/new', 'New item')
    await page.getByTestId('item-title').fill('Kept through two failures')

    watch.expect('net::ERR_FAILED POST /api/v1/items', '500 POST /api/v1/items')
    await page.route('**/api/v1/items', (route) => route.abort())
    await page.getByTestId('save-item').click()
    await expect(page.getByTestId('error-notification')).toHaveText(NO_NETWORK)

    await page.unroute('**/api/v1/items')
    await page.route('**/api/v1/items', (route) => route.fulfill(INTERNAL_ERROR))
    await page.getByTestId('save-item').click()
    await expect(page.getByTestId('error-notification')).toContainText(NO_SERVER)
    await expect(page.getByTestId('item-title')).toHaveValue('Kept through two failures')

    await page.unroute('**/api/v1/items')
    await page.getByTestId('save-item').dblclick()
    await expect(page.getByRole('heading', { name: 'Kept through two failures' })).toBeVisible()
    expect(await me.items()).toHaveLength(1)
  })

  test('creates one item when the reply to the first attempt was lost', async ({
    page,
    me,
    watch,
  }) => {
    await open(page, '/items/new', 'New item')
    await page.getByTestId('item-title').fill('Sent twice, made once')
    watch.expect('net::ERR_FAILED POST /api/v1/items')
    await page.route(
      '**/api/v1/items',
      async (route) => {
        await route.fetch()
        await route.abort()
      },
      { times: 1 },
    )
    await page.getByTestId('save-item').click()
    await expect(page.getByTestId('error-notification')).toHaveText(NO_NETWORK)
    await page.getByTestId('save-item').click()
    await expect(page.getByRole('heading', { name: 'Sent twice, made once' })).toBeVisible()
    expect(await me.items()).toHaveLength(1)
  })

  test('sees a notification for exactly five seconds', async ({ page, watch }) => {
    await page.clock.install()
    await open(page, '/items/new', 'New item')
    await page.getByTestId('item-title').fill('Never saved')
    watch.expect('500 POST /api/v1/items')
    await page.route('**/api/v1/items', (route) => route.fulfill(INTERNAL_ERROR))
    await page.clock.pauseAt(Date.now() + A_MOMENT)
    await page.getByTestId('save-item').click()
    await expect(page.getByTestId('error-notification')).toHaveText(NO_SERVER)
    await page.clock.runFor(4_999)
    await expect(page.getByTestId('error-notification')).toBeVisible()
    await page.clock.runFor(1)
    await expect(page.getByTestId('error-notification')).toBeHidden()
  })

  test('can take a notification away', async ({ page, watch }) => {
    await open(page, '/items/new', 'New item')
    await page.getByTestId('item-title').fill('Never saved')
    watch.expect('500 POST /api/v1/items')
    await page.route('**/api/v1/items', (route) => route.fulfill(INTERNAL_ERROR))
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + A_MOMENT)
    await page.getByTestId('save-item').click()
    const notification = page.getByTestId('error-notification')
    await notification.getByRole('button', { name: 'Dismiss' }).click()
    await expect(notification).toBeHidden()
  })

  test('gets a list in place of which another attempt is offered', async ({ page, me, watch }) => {
    await me.createItem({ title: 'Behind the failure' })
    watch.expect('500 GET /api/v1/items')
    await page.route('**/api/v1/items?*', (route) => route.fulfill(INTERNAL_ERROR))
    await open(page, '/items', 'Items')
    await expect(page.getByTestId('error-notification')).toHaveText(NO_SERVER)
    await page.unroute('**/api/v1/items?*')
    await page.getByRole('main').getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByRole('link', { name: 'Behind the failure' })).toBeVisible()
  })

  test('reads at the field what is wrong with it, before and after sending', async ({
    page,
    watch,
  }) => {
    await open(page, '/items/new', 'New item')
    const title = page.getByTestId('item-title')
    await page.getByTestId('save-item').click()
    await expectFieldError(title, 'Please fill this in.')
    await expect(title).toBeFocused()

    await title.fill('Refused by the server')
    watch.expect('422 POST /api/v1/items')
    await page.route('**/api/v1/items', (route) =>
      route.fulfill({
        status: 422,
        json: {
          error: {
            id: '0',
            code: 'VALIDATION_ERROR',
            message: 'Some values are not valid',
            details: { fields: { title: 'This title is reserved' } },
            timestamp: '2026-01-01T00:00:00Z',
          },
        },
      }),
    )
    await page.getByTestId('save-item').click()
    await expectFieldError(title, 'This title is reserved')
    await expect(title).toBeFocused()
    await expect(page.getByTestId('error-notification')).toBeHidden()
    await title.fill('Another one')
    await expect(title).not.toHaveAttribute('aria-invalid')
  })
})

test('a password that only the server can judge is refused at its field', async ({
  page,
  watch,
}) => {
  await fillRegistration(page, 'Hanako2026', 'hanako@example.org', 'Hanako2026')
  watch.expect('422 POST /api/v1/auth/register')
  await page.getByTestId('register-button').click()
  await expectFieldError(
    page.getByTestId('password'),
    'The password must not be your name or address',
  )
  await expect(page.getByTestId('password')).toBeFocused()
  await expect(page).toHaveURL('/register')
})

test('a taken name and a taken address are refused at their fields', async ({
  page,
  people,
  watch,
}) => {
  await people.register('hanako')
  await fillRegistration(page, 'HANAKO', 'other@example.org')
  watch.expect('409 POST /api/v1/auth/register')
  await page.getByTestId('register-button').click()
  await expectFieldError(page.getByTestId('username'), 'This name is already taken')
  await page.getByTestId('username').fill('jiro')
  await page.getByTestId('email').fill('Hanako@Example.org')
  await page.getByTestId('register-button').click()
  await expectFieldError(page.getByTestId('email'), 'This address is already in use')
  await page.getByTestId('email').fill('jiro@example.org')
  await page.getByTestId('register-button').click()
  await expect(page.getByRole('heading', { name: 'Hello, jiro' })).toBeVisible()
})

test('a wrong password is refused in the same words as an unknown name', async ({
  page,
  people,
  watch,
}) => {
  const hanako = await people.register('hanako')
  await open(page, '/login', 'Sign in')
  watch.expect('401 POST /api/v1/auth/login')
  const refusal = page.getByRole('main').getByRole('alert').first()
  await signIn(page, { ...hanako, password: 'Wrong-password-1' })
  await expect(refusal).toHaveText('Incorrect username or password')
  await expect(page.getByTestId('password')).toBeFocused()
  await signIn(page, { ...hanako, username: 'nobody' })
  await expect(refusal).toHaveText('Incorrect username or password')
  await signIn(page, hanako)
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
})

test('an account that is disabled learns so at the login', async ({ page, people, watch }) => {
  const ichiro = await people.setUp('ichiro')
  const hanako = await people.register('hanako')
  await ichiro.updateUser(hanako.id, { is_active: false })
  await open(page, '/login', 'Sign in')
  watch.expect('400 POST /api/v1/auth/login')
  await signIn(page, hanako)
  await expect(page.getByRole('main').getByRole('alert').first()).toHaveText(
    'This account is disabled',
  )
})

test('an application that is out of reach says so and offers another attempt', async ({
  page,
  people,
  watch,
}) => {
  const hanako = await people.register('hanako')
  await open(page, '/login', 'Sign in')
  watch.expect('500 GET /api/v1/navigation')
  await page.route('**/api/v1/navigation', (route) => route.fulfill(INTERNAL_ERROR))
  await signIn(page, hanako)
  await expect(page.getByRole('heading', { name: "Musubi can't be reached" })).toBeVisible()
  await page.unroute('**/api/v1/navigation')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { name: 'Hello, hanako' })).toBeVisible()
})
