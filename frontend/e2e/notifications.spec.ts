import type { Page } from '@playwright/test'
import { open } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const bell = (page: Page) => page.getByTestId('notification-bell')
const unread = (page: Page, count: number) =>
  expect(bell(page)).toHaveAccessibleName(
    count === 0 ? 'Notifications' : `Notifications, ${count} unread`,
  )

/** Opens a page, and is ready once that hears what happens. */
async function openLive(page: Page, path: string, heading: string) {
  const hears = page
    .waitForEvent('websocket')
    .then((socket) => socket.waitForEvent('framereceived'))
  await open(page, path, heading)
  await expect(bell(page)).toBeVisible()
  await hears
}

test('a mention is counted and told at once, and leads to its message, which every tab hears', async ({
  page,
  context,
  people,
}) => {
  const taro = await people.register('taro')
  await taro.createRoom({ name: 'general' })
  const tab = await context.newPage()
  await openLive(page, '/settings', 'Settings')
  await openLive(tab, '/items', 'Items')
  await unread(page, 0)

  await taro.say('general', 'Good morning everyone')
  await taro.say('general', '@hanako the paper has arrived')
  await unread(page, 1)
  await unread(tab, 1)
  await expect(page.getByRole('link', { name: 'taro mentioned you in #general' })).toBeVisible()
  await taro.say('general', '@hanako and the ink as well')
  await unread(page, 2)

  await bell(page).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Notifications' })).toBeVisible()
  const rows = page.getByRole('main').getByRole('listitem')
  await expect(rows).toHaveCount(2)
  await expect(rows.nth(0)).toContainText('and the ink as well')
  await expect(rows.nth(1)).toContainText('the paper has arrived')
  await rows.nth(1).getByRole('link').click()
  await expect(page).toHaveURL('/rooms/general?at=2')
  await unread(page, 1)
  await unread(tab, 1)

  await tab.bringToFront()
  await bell(tab).click()
  await expect(tab.getByRole('main').getByRole('link', { name: 'Unread' })).toHaveCount(1)
  await tab.getByTestId('read-all').click()
  await expect(tab.getByText('All notifications are read.')).toBeVisible()
  await unread(tab, 0)
  await unread(page, 0)
  await tab.getByRole('tab', { name: 'Unread' }).click()
  await expect(tab.getByText('You have read everything')).toBeVisible()
})

test('the word that someone was mentioned leads to the message', async ({ page, people }) => {
  const taro = await people.register('taro')
  await taro.createRoom({ name: 'paper' })
  await openLive(page, '/settings', 'Settings')
  await taro.say('paper', '@hanako which one do you like?')
  await page.getByRole('link', { name: 'taro mentioned you in #paper' }).click()
  await expect(page).toHaveURL('/rooms/paper?at=1')
  await unread(page, 0)
})

test('what was missed is there after signing in', async ({ page, people }) => {
  const taro = await people.register('taro')
  await taro.createRoom({ name: 'general' })
  await taro.say('general', '@hanako are you there?')
  await open(page, '/notifications?show=unread', 'Notifications')
  await unread(page, 1)
  await expect(page.getByRole('main').getByRole('listitem')).toContainText('are you there?')
})
