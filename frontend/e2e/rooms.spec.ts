import type { Page } from '@playwright/test'
import type { Person } from './support/people'
import { act, composer, isSent, message, messages, openRoom, write } from './support/rooms'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const here = (page: Page) => page.getByTestId('room-people')
const typing = (page: Page) => page.getByTestId('typing')
const reaction = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** A room with Taro in it. */
async function withTaro(me: Person, taro: Person, name = 'paper'): Promise<void> {
  await me.createRoom({ name, member_ids: [taro.id] })
}

test('two people see what the other one says, and that they are there', async ({
  page,
  people,
  me,
  openBrowser,
}) => {
  const taro = await people.register('taro')
  await withTaro(me, taro)
  await openRoom(page, 'paper')
  await expect(here(page)).toHaveAccessibleName('1 person here')
  const theirs = await (await openBrowser(taro)).newPage()
  await openRoom(theirs, 'paper')
  for (const side of [page, theirs]) await expect(here(side)).toHaveAccessibleName('2 people here')

  await composer(theirs).pressSequentially('Did the pap')
  await expect(typing(page)).toHaveText('taro is typing…')
  await expect(typing(theirs)).toBeEmpty()
  await composer(theirs).fill('Did the paper come?')
  await composer(theirs).press('Enter')
  await expect(typing(page)).toBeEmpty()
  await expect(messages(page)).toContainText(['Did the paper come?'])
  await expect(page.getByRole('log')).toHaveText('taro: Did the paper come?')

  await write(page, 'Yes, this morning:\nhttps://example.org/paper')
  await write(page, '和紙が届きました。')
  for (const side of [page, theirs]) {
    await expect(messages(side)).toContainText([
      'Did the paper come?',
      'Yes, this morning:',
      '和紙が届きました。',
    ])
    await expect(side.getByRole('link', { name: 'https://example.org/paper' })).toBeVisible()
  }

  await theirs.close()
  await expect(here(page)).toHaveAccessibleName('1 person here')
})

test('a message is on the screen before the server has it', async ({ page, me }) => {
  await me.createRoom({ name: 'paper' })
  const held: (() => void)[] = []
  await page.routeWebSocket('**/api/v1/ws?*', (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((text) => {
      const pass = () => server.send(text)
      if ((JSON.parse(String(text)) as { type: string }).type === 'message') held.push(pass)
      else pass()
    })
  })
  await openRoom(page, 'paper')
  await write(page, 'Good morning')
  const row = message(page, 'Good morning')
  await expect(row).toContainText('Sending…')
  await expect(row).not.toHaveAttribute('data-testid')
  expect(held).toHaveLength(1)
  held[0]!()
  await isSent(row)
  await expect(row).not.toContainText('Sending…')
  await expect(messages(page)).toHaveCount(1)
})

test('what is said differently, taken back or answered changes for everyone', async ({
  page,
  people,
  me,
  openBrowser,
}) => {
  const taro = await people.register('taro')
  await withTaro(me, taro)
  await openRoom(page, 'paper')
  const theirs = await (await openBrowser(taro)).newPage()
  await openRoom(theirs, 'paper')

  await write(page, 'At ten')
  await isSent(message(page, 'At ten'))
  await act(page, 'At ten', 'Edit')
  await page.getByTestId('edit-message').fill('At eleven')
  await page.getByTestId('edit-message').press('Enter')
  for (const side of [page, theirs]) {
    await expect(messages(side)).toHaveText(/At eleven\s*\(edited\)/u)
  }

  await theirs.getByText('At eleven').hover()
  await expect(message(theirs, 'At eleven').getByRole('button', { name: 'Edit' })).toHaveCount(0)
  await act(theirs, 'At eleven', 'Add a reaction')
  await theirs.getByRole('button', { name: 'Thumbs up' }).click()
  await expect(reaction(theirs, '👍 1, from You')).toHaveAttribute('aria-pressed', 'true')
  await reaction(page, '👍 1, from taro').click()
  await expect(reaction(page, '👍 2, from You and taro')).toHaveText('👍 2')
  await reaction(theirs, '👍 2, from You and hanako').click()
  await expect(reaction(page, '👍 1, from You')).toBeVisible()
  await expect(reaction(theirs, '👍 1, from hanako')).toHaveAttribute('aria-pressed', 'false')

  await act(page, 'At eleven', 'Delete')
  const dialog = page.getByRole('dialog', { name: 'Delete this message?' })
  await dialog.getByRole('button', { name: 'Delete' }).click()
  for (const side of [page, theirs]) {
    await expect(messages(side)).toContainText(['This message was deleted.'])
    await expect(side.getByText('At eleven')).toHaveCount(0)
    await expect(side.getByRole('button', { name: /^👍/u })).toHaveCount(0)
  }
})

test('what is said elsewhere is counted, until it is read', async ({ page, people, me }) => {
  const taro = await people.register('taro')
  await withTaro(me, taro, 'paper')
  await withTaro(me, taro, 'lunch')
  await openRoom(page, 'paper')
  const lunch = page.getByTestId('room-lunch')
  const menu = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Rooms' })
  await expect(lunch).not.toContainText('unread')

  await taro.say('lunch', 'Soba today?')
  await taro.say('lunch', 'Or udon')
  await expect(lunch).toContainText('2 unread messages')
  await expect(menu).toContainText('2')
  await taro.say('paper', 'Here as well')
  await expect(message(page, 'Here as well')).toBeVisible()
  await expect(menu).toContainText('2')
  await expect(page.getByTestId(/^room-(paper|lunch)$/u)).toContainText(['paper', 'lunch'])

  await lunch.click()
  await expect(messages(page)).toContainText(['New messages', 'Or udon'])
  await expect(lunch).not.toContainText('unread')
  await expect(menu).toHaveText('Rooms')
  await page.reload()
  await expect(messages(page)).toContainText(['Soba today?', 'Or udon'])
  await expect(lunch).not.toContainText('unread')
})

test('a mention leads to its message, however much was said since', async ({
  page,
  people,
  me,
}) => {
  const taro = await people.register('taro')
  await withTaro(me, taro, 'paper')
  await taro.say('paper', 'Good morning')
  const { seq } = await taro.say('paper', '@hanako, which size?')
  for (let n = 1; n <= 80; n += 1) await taro.say('paper', `Line ${n}`)

  await page.goto('/items')
  await page.getByTestId('notification-bell').click()
  await page.getByRole('link', { name: 'taro mentioned you in #paper' }).click()
  await expect(page).toHaveURL(`/rooms/paper?at=${seq}`)
  await expect(message(page, 'which size?')).toBeInViewport()
  await expect(message(page, 'which size?').locator('mark')).toHaveText('@hanako')
  await page.getByTestId('jump-to-latest').click()
  await expect(message(page, 'Line 80')).toBeInViewport()
  await expect(page.getByTestId('jump-to-latest')).toHaveCount(0)
})

test('someone is mentioned by choosing their name', async ({ page, people, me }) => {
  const taro = await people.register('taro_yamada')
  await withTaro(me, taro)
  await openRoom(page, 'paper')
  await composer(page).pressSequentially('Ask @tar')
  await expect(page.getByRole('option', { name: 'taro_yamada' })).toBeVisible()
  await composer(page).press('Enter')
  await expect(composer(page)).toHaveValue('Ask @taro_yamada ')
  await composer(page).pressSequentially('about it')
  await composer(page).press('Enter')
  await expect(messages(page)).toContainText(['Ask @taro_yamada about it'])
  // One's own message is shown before the server has it.
  await expect.poll(() => taro.unreadNotifications()).toBe(1)
})
