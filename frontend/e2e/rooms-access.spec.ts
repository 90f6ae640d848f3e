import { open, signOut } from './support/flows'
import { composer, inRoom, message, messages, openRoom, write } from './support/rooms'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

test('a private room is closed to strangers, until they are let in', async ({
  page,
  people,
  me,
  watch,
}) => {
  const taro = await people.register('taro')
  await taro.createRoom({ name: 'secret', is_private: true })
  await taro.say('secret', 'Between us')
  watch.expect(/^403 GET \/api\/v1\/rooms\/secret(\/members)?$/u)
  await page.goto('/rooms/secret')
  await expect(page.getByText('This room is private')).toBeVisible()
  await expect(page.getByText('Between us')).toHaveCount(0)
  await expect(composer(page)).toHaveCount(0)
  await page.getByRole('link', { name: 'Back to the rooms' }).click()
  await expect(page.getByText('There are no rooms yet')).toBeVisible()

  await taro.addMember('secret', me)
  await page.getByTestId('room-secret').click()
  await inRoom(page, 'secret')
  await expect(messages(page)).toContainText(['Between us'])

  await taro.removeMember('secret', me)
  await expect(page.getByText('This room is private')).toBeVisible()
  await expect(page.getByText('Between us')).toHaveCount(0)
  await expect(page.getByTestId('room-secret')).toHaveCount(0)
})

test('who looks at a room sees that it is deleted', async ({ page, people, me, watch }) => {
  const taro = await people.register('taro')
  await taro.createRoom({ name: 'paper', member_ids: [me.id] })
  await taro.say('paper', 'Good morning')
  await openRoom(page, 'paper')
  await expect(message(page, 'Good morning')).toBeVisible()
  watch.expect(/^404 GET \/api\/v1\/rooms\/paper(\/members)?$/u)
  await taro.deleteRoom('paper')
  await expect(page.getByText('There is no such room')).toBeVisible()
  await expect(page.getByTestId('room-paper')).toHaveCount(0)
  await expect(composer(page)).toHaveCount(0)
})

test('a public room can be looked into, joined and left', async ({ page, people }) => {
  const taro = await people.register('taro')
  await taro.createRoom({ name: 'paper', topic: 'All about paper' })
  await taro.say('paper', 'Good morning')
  await page.goto('/rooms')
  await page.getByTestId('room-paper').click()
  await expect(messages(page)).toContainText(['Good morning'])
  await expect(composer(page)).toHaveCount(0)
  await page.getByTestId('join-room').click()
  await inRoom(page, 'paper')
  await write(page, 'Hello!')
  await taro.say('paper', 'Welcome')
  await expect(messages(page)).toContainText(['Good morning', 'Hello!', 'Welcome'])

  await page.getByTestId('room-menu').click()
  await page.getByRole('menuitem', { name: 'Leave' }).click()
  const dialog = page.getByRole('dialog', { name: 'Leave paper?' })
  await dialog.getByRole('button', { name: 'Leave' }).click()
  await expect(page).toHaveURL('/rooms')
  await expect(page.getByRole('region', { name: 'Other rooms' })).toContainText('paper')
})

test('whoever looks after a room lets people in and shows them out', async ({
  page,
  people,
  me,
  openBrowser,
  watch,
}) => {
  const taro = await people.register('taro')
  await me.createRoom({ name: 'secret', is_private: true })
  await openRoom(page, 'secret')
  const theirs = await (await openBrowser(taro)).newPage()
  await open(theirs, '/rooms', 'Rooms')
  await page.getByTestId('room-people').click()
  const dialog = page.getByRole('dialog', { name: 'People in this room' })
  await dialog.getByTestId('find-person').fill('tar')
  await dialog.getByRole('option', { name: 'taro' }).click()
  await expect(dialog.getByRole('listitem')).toHaveCount(2)
  await theirs.getByTestId('room-secret').click()
  await inRoom(theirs, 'secret')
  await expect(dialog.getByText('here now')).toHaveCount(2)

  watch.expect(/^403 GET \/api\/v1\/rooms\/secret(\/members)?$/u)
  await dialog.getByRole('button', { name: 'Remove taro' }).click()
  await expect(dialog.getByRole('listitem')).toHaveCount(1)
  await expect(theirs.getByText('This room is private')).toBeVisible()
})

test('two tabs work side by side, and end together', async ({ page, context, people, me }) => {
  const taro = await people.register('taro')
  await me.createRoom({ name: 'paper', member_ids: [taro.id] })
  await openRoom(page, 'paper')
  const other = await context.newPage()
  const opened = other.waitForEvent('websocket')
  await openRoom(other, 'paper')
  const closed = (await opened).waitForEvent('close')
  for (const tab of [page, other]) {
    await expect(tab.getByTestId('room-people')).toHaveAccessibleName('1 person here')
  }
  await write(page, 'From the first')
  await expect(message(other, 'From the first')).toBeVisible()
  await write(other, 'From the second')
  await taro.say('paper', 'And from me')
  for (const tab of [page, other]) {
    await expect(messages(tab)).toContainText(['From the first', 'From the second', 'And from me'])
  }
  await signOut(page)
  await closed
  await expect(other.getByTestId('login-button')).toBeVisible()
  await expect(other.getByText('And from me')).toHaveCount(0)
})
