import { expect } from '@playwright/test'
import { SECURITY_STOPS, SIGN_IN_STOPS } from './account-stops'
import { administrationStops } from './admin-stops'
import { planAttachments } from './attachment-stops'
import { DATA_STOPS } from './data-stops'
import { EMPTY_FILE_STOP, planFiles } from './file-stops'
import { NOTIFICATION_STOPS } from './notification-stops'
import type { People, Person } from './people'
import { EMPTY_ROOM_STOPS, planRooms } from './room-stops'
import { LONG_TITLE, seed, type Sample } from './sample'
import { complete, dialogOpen, fail, heading, hold, type Stop, testId } from './stop'
import type { Visitor } from './test'

/** A part of the application that can be looked at by itself. */
export interface Tour {
  who: string
  visitor: Visitor
  /** Prepares what is to be seen, and says where. */
  plan: (people: People, me: Person | null) => Promise<Stop[]>
}

const ITEM_LISTS = '**/api/v1/items?*'

const GUEST_STOPS: Stop[] = [
  { name: 'login', path: '/login', ready: testId('login-button') },
  {
    name: 'login-refused',
    path: '/login',
    act: async (page) => {
      await page.getByTestId('username').fill('hanako')
      await page.getByTestId('password').fill('wrong')
      await page.getByTestId('login-button').click()
    },
    ready: (page) => expect(page.getByRole('main').getByRole('alert').first()).not.toBeEmpty(),
    trouble: ['401 POST /api/v1/auth/login'],
  },
  { name: 'register', path: '/register', ready: testId('register-button') },
  {
    name: 'register-errors',
    path: '/register',
    act: async (page) => {
      await page.getByTestId('password').fill('Kumiko')
      await page.getByTestId('register-button').click()
    },
    ready: (page) => expect(page.getByTestId('email')).toHaveAttribute('aria-invalid', 'true'),
  },
  { name: 'not-found', path: '/no/such/page', ready: heading },
  { name: 'setup-without-link', path: '/setup', ready: complete },
  {
    name: 'setup',
    path: '/setup#token=0123456789abcdef',
    ready: testId('setup-button'),
  },
]

const NEWCOMER_STOPS: Stop[] = [
  {
    name: 'dashboard-loading',
    path: '/',
    arrange: hold('**/api/v1/items**'),
    ready: (page) => expect(page.locator('.skeleton').first()).toBeVisible(),
  },
  {
    name: 'items-loading',
    path: '/items',
    arrange: hold(ITEM_LISTS),
    ready: (page) => expect(page.locator('.skeleton').first()).toBeVisible(),
  },
  {
    name: 'items-failed',
    path: '/items',
    arrange: fail(ITEM_LISTS),
    ready: testId('error-notification'),
    trouble: ['500 GET /api/v1/items'],
  },
  {
    name: 'unavailable',
    path: '/',
    fresh: true,
    arrange: fail('**/api/v1/navigation'),
    ready: heading,
    trouble: ['500 GET /api/v1/navigation'],
  },
  {
    name: 'offline',
    path: '/settings',
    act: async (page) => {
      await complete(page)
      // Only the page believes it, so that the next one can be loaded.
      await page.evaluate(() => {
        Object.defineProperty(navigator, 'onLine', { get: () => false })
        dispatchEvent(new Event('offline'))
      })
    },
    ready: (page) => expect(page.getByRole('status').locator('.bg-warning')).toBeVisible(),
  },
  {
    name: 'saved',
    path: '/settings',
    act: (page) => page.getByTestId('save-profile').click(),
    ready: (page) => expect(page.locator('.alert-success')).toBeVisible(),
  },
  { name: 'dashboard-empty', path: '/', ready: complete },
  { name: 'items-empty', path: '/items', ready: complete },
  EMPTY_FILE_STOP,
  { name: 'forbidden', path: '/admin/users', ready: heading },
]

const itemStops = ({ hanako, item, longItem }: Sample): Stop[] => [
  { name: 'dashboard', path: '/', ready: complete },
  {
    name: 'dashboard-table',
    path: '/',
    act: async (page) => {
      await complete(page)
      await page.locator('summary').click()
    },
    ready: (page) => expect(page.getByRole('table')).toBeVisible(),
  },
  { name: 'items', path: '/items', ready: complete },
  {
    name: 'items-no-match',
    path: '/items?search=見つからない&status=draft',
    ready: complete,
  },
  { name: 'item-new', path: '/items/new', ready: testId('save-item') },
  {
    name: 'item-new-errors',
    path: '/items/new',
    act: (page) => page.getByTestId('save-item').click(),
    ready: (page) => expect(page.getByTestId('item-title')).toHaveAttribute('aria-invalid', 'true'),
  },
  {
    name: 'item',
    path: `/items/${item.id}`,
    ready: testId('edit-item'),
  },
  {
    name: 'item-long',
    path: `/items/${longItem.id}`,
    ready: testId('edit-item'),
  },
  {
    name: 'item-edit-long',
    path: `/items/${longItem.id}/edit`,
    ready: testId('save-item'),
  },
  {
    name: 'item-delete',
    path: `/items/${item.id}`,
    act: (page) => page.getByTestId('delete-item').click(),
    ready: dialogOpen,
  },
  {
    name: 'item-conflict',
    path: `/items/${longItem.id}/edit`,
    act: async (page) => {
      await page.getByTestId('item-title').fill('新しいタイトル')
      await hanako.updateItem(longItem.id, { title: LONG_TITLE.slice(0, 180) })
      await page.getByTestId('save-item').click()
    },
    ready: dialogOpen,
    trouble: [`412 PATCH /api/v1/items/${longItem.id}`],
  },
  {
    name: 'item-missing',
    path: '/items/999999',
    ready: complete,
    trouble: ['404 GET /api/v1/items/999999'],
  },
]

const accountStops = ({ hanako }: Sample): Stop[] => [
  { name: 'settings', path: '/settings', ready: testId('bio') },
  { name: 'users', path: '/admin/users', ready: complete },
  {
    name: 'users-none',
    path: '/admin/users?search=nobody',
    ready: complete,
  },
  {
    name: 'user-new',
    path: '/admin/users/new',
    ready: testId('save-user'),
  },
  {
    name: 'user',
    path: `/admin/users/${hanako.id}`,
    ready: testId('save-user'),
  },
  {
    name: 'user-delete',
    path: `/admin/users/${hanako.id}`,
    act: (page) => page.getByTestId('delete-user').click(),
    ready: dialogOpen,
  },
  {
    name: 'user-menu',
    path: '/settings',
    act: (page) => page.getByTestId('user-menu').click(),
    ready: (page) => expect(page.getByRole('menu')).toBeVisible(),
  },
  {
    name: 'drawer',
    path: '/items',
    act: async (page) => {
      await complete(page)
      const button = page.locator('[aria-controls="side-bar"]')
      if (await button.isVisible()) await button.click()
    },
    ready: (page) => expect(page.getByRole('navigation').first()).toBeVisible(),
  },
  {
    name: 'not-found-signed-in',
    path: '/no/such/page',
    ready: heading,
  },
]

async function fill(people: People, me: Person | null): Promise<Sample> {
  if (!me) throw new Error('Only who is signed in can write')
  return seed(people, me)
}

/** The whole application. */
export const TOURS: Tour[] = [
  { who: 'a guest', visitor: 'guest', plan: async () => GUEST_STOPS },
  { who: 'one who signs in', visitor: 'guest', plan: async () => SIGN_IN_STOPS },
  { who: 'a newcomer', visitor: 'member', plan: async () => NEWCOMER_STOPS },
  { who: 'one who is mentioned', visitor: 'member', plan: async () => NOTIFICATION_STOPS },
  { who: 'one who enters the first room', visitor: 'member', plan: async () => EMPTY_ROOM_STOPS },
  { who: 'one who talks', visitor: 'member', plan: (people, me) => planRooms(people, me!) },
  { who: 'one who cares for safety', visitor: 'member', plan: async () => SECURITY_STOPS },
  { who: 'one who takes data along', visitor: 'member', plan: async () => DATA_STOPS },
  {
    who: 'one who attaches files',
    visitor: 'member',
    plan: (people, me) => planAttachments(people, me!),
  },
  { who: 'one who keeps files', visitor: 'member', plan: (_people, me) => planFiles(me!) },
  {
    who: 'one who writes items',
    visitor: 'superuser',
    plan: async (people, me) => itemStops(await fill(people, me)),
  },
  {
    who: 'one who manages accounts',
    visitor: 'superuser',
    plan: async (people, me) => accountStops(await fill(people, me)),
  },
  {
    who: 'one who runs the installation',
    visitor: 'superuser',
    plan: (people, me) => administrationStops(people, me!),
  },
]
