import type { BrowserContext, Page } from '@playwright/test'
import type { People, Person } from './support/people'
import { isSent, message, messages, openRoom, write } from './support/rooms'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

/** So late a page may try again, with time for what follows. */
const LONGEST_WAIT = 30_000

interface Meeting {
  people: People
  me: Person
  openBrowser: (person: Person) => Promise<BrowserContext>
}

/** Taro's page, in a room with the visitor. */
async function meetTaro(page: Page, { people, me, openBrowser }: Meeting): Promise<Page> {
  const taro = await people.register('taro')
  await me.createRoom({ name: 'paper', member_ids: [taro.id] })
  await openRoom(page, 'paper')
  const theirs = await (await openBrowser(taro)).newPage()
  await openRoom(theirs, 'paper')
  await write(theirs, 'Before')
  await expect(message(page, 'Before')).toBeVisible()
  return theirs
}

test('who was offline has everything once, in order, and so has the other side', async ({
  page,
  context,
  people,
  me,
  openBrowser,
  watch,
}) => {
  const theirs = await meetTaro(page, { people, me, openBrowser })
  watch.expect('net::ERR_INTERNET_DISCONNECTED POST /api/v1/ws/ticket')
  await context.setOffline(true)
  await expect(page.getByText('Offline', { exact: true })).toBeVisible()
  for (const text of ['One', 'Two', 'Three']) {
    await write(theirs, text)
    await isSent(message(theirs, text))
  }
  await write(page, 'Written offline')
  await write(page, 'And more')
  await expect(message(page, 'Written offline')).toContainText('Sending…')
  await expect(messages(page)).toContainText(['Before', 'Written offline', 'And more'])

  await context.setOffline(false)
  const everything = ['Before', 'One', 'Two', 'Three', 'Written offline', 'And more']
  for (const side of [page, theirs]) {
    await expect(messages(side)).toContainText(everything)
    await isSent(message(side, 'And more'))
  }
  await expect(page.getByText('Offline', { exact: true })).toBeHidden()
  await page.reload()
  await expect(messages(page)).toContainText(everything)
})

test('a server that dies and comes back loses and doubles nothing', async ({
  page,
  server,
  people,
  me,
  openBrowser,
  watch,
}) => {
  test.slow()
  const theirs = await meetTaro(page, { people, me, openBrowser })
  // What is under way when it dies fails, too.
  for (const side of [page, theirs]) await side.waitForLoadState('networkidle')
  await server.kill()
  watch.expect('net::ERR_CONNECTION_REFUSED POST /api/v1/ws/ticket')
  await write(page, 'Is it me?')
  await write(theirs, 'No, everyone')
  for (const side of [page, theirs]) {
    await expect(messages(side).last()).toContainText('Sending…')
    await expect(side.getByText('Reconnecting', { exact: false })).toBeVisible()
  }
  await server.start()
  for (const side of [page, theirs]) {
    await isSent(message(side, 'Is it me?'), { timeout: LONGEST_WAIT })
    await isSent(message(side, 'No, everyone'), { timeout: LONGEST_WAIT })
    await expect(messages(side)).toHaveCount(3)
  }
  await write(theirs, 'There it is')
  await expect(messages(page).last()).toContainText('There it is')
  const order = await messages(page).evaluateAll((rows) => rows.map((row) => row.dataset.seq))
  expect(order).toEqual(['1', '2', '3', '4'])
})

test('an answer that was lost on its way is not a message that is said twice', async ({
  page,
  me,
}) => {
  await me.createRoom({ name: 'paper' })
  let isLost = false
  await page.routeWebSocket('**/api/v1/ws?*', (socket) => {
    const server = socket.connectToServer()
    server.onMessage((text) => {
      const { type } = JSON.parse(String(text)) as { type: string }
      if (isLost || (type !== 'ack' && type !== 'message')) return socket.send(text)
      isLost = true
      void server.close()
      return socket.close({ code: 1006 })
    })
  })
  await openRoom(page, 'paper')
  await write(page, 'Said once')
  await isSent(message(page, 'Said once'))
  expect(isLost).toBe(true)
  await page.reload()
  await expect(messages(page)).toContainText(['Said once'])
})
