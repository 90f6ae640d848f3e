import type { Page } from '@playwright/test'
import { changeDatabase } from './support/database'
import type { Person } from './support/people'
import { message, messages, openRoom, write } from './support/rooms'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const COUNT = 120

async function fill(speaker: Person, room: string): Promise<void> {
  const live = await speaker.live()
  for (let n = 1; n <= COUNT; n += 1) {
    await live.ask({ type: 'message', room, content: `Line ${n}`, cid: `line-${n}` })
  }
}

/** The first message in view, and how far it stands from the upper edge; at once after scrolling. */
function firstInView(page: Page, { scrolledTo }: { scrolledTo?: number } = {}) {
  return page.getByRole('list', { name: /^Messages in / }).evaluate((list, scrollTop) => {
    const box = list.parentElement!
    if (scrollTop !== undefined) box.scrollTop = scrollTop
    const { top } = box.getBoundingClientRect()
    const rows = [...list.children]
    const row = rows.find((child) => child.getBoundingClientRect().top >= top)!
    return { id: row.getAttribute('data-id')!, at: Math.round(row.getBoundingClientRect().top) }
  }, scrolledTo)
}

const scroller = (page: Page) => page.getByRole('list', { name: /^Messages in / }).locator('..')

test('older messages come as one scrolls up, and what one reads stays in its place', async ({
  page,
  me,
}) => {
  await me.createRoom({ name: 'paper' })
  await fill(me, 'paper')
  await openRoom(page, 'paper')
  await expect(messages(page).last()).toContainText(`Line ${COUNT}`)
  await expect(messages(page).last()).toBeInViewport()
  let shown = await messages(page).count()
  while (shown < COUNT) {
    const before = shown
    const held = await firstInView(page, { scrolledTo: 200 })
    await expect.poll(() => messages(page).count()).toBeGreaterThan(before)
    shown = await messages(page).count()
    const row = page.getByTestId(`message-${held.id}`)
    await expect
      .poll(async () => Math.round((await row.boundingBox())!.y) - held.at)
      .toBeGreaterThanOrEqual(-1)
    expect(Math.round((await row.boundingBox())!.y) - held.at).toBeLessThanOrEqual(1)
  }
  await expect(messages(page)).toHaveCount(COUNT)
  await scroller(page).evaluate((box) => (box.scrollTop = 0))
  await expect(message(page, 'Line 1').first()).toBeInViewport()

  await page.getByTestId('jump-to-latest').click()
  await expect(messages(page).last()).toBeInViewport()
  await expect(page.getByTestId('jump-to-latest')).toHaveCount(0)
})

test('who reads older messages is not moved by new ones, and told of them', async ({
  page,
  me,
  people,
}) => {
  const taro = await people.register('taro')
  await me.createRoom({ name: 'paper', member_ids: [taro.id] })
  await fill(me, 'paper')
  await taro.say('paper', 'So many lines')
  await openRoom(page, 'paper')
  await expect(message(page, 'So many lines')).toContainText('New messages')
  await expect(message(page, 'So many lines')).toBeInViewport()
  await scroller(page).evaluate((box) => (box.scrollTop = box.scrollHeight / 2))
  const jump = page.getByTestId('jump-to-latest')
  await expect(jump).toBeVisible()
  const held = await firstInView(page)
  await taro.say('paper', 'Something new')
  await expect(jump).toContainText('1')
  expect(await firstInView(page)).toEqual(held)
  await jump.click()
  await expect(message(page, 'Something new')).toBeInViewport()
  await expect(messages(page).last()).toContainText('New messages')

  // One's own goes where one can see it.
  await scroller(page).evaluate((box) => (box.scrollTop = box.scrollHeight / 2))
  await expect(jump).toBeVisible()
  await write(page, 'I saw it')
  await expect(message(page, 'I saw it')).toBeInViewport()
})

test('a room opens at its end, also when it is heard before its messages are there', async ({
  page,
  me,
}) => {
  await me.createRoom({ name: 'paper' })
  await fill(me, 'paper')
  let isHeard!: () => void
  const heard = new Promise<void>((resolve) => (isHeard = resolve))
  await page.route('**/api/v1/rooms/paper/messages?*', async (route) => {
    await heard
    await route.continue()
  })
  await openRoom(page, 'paper')
  isHeard()
  await expect(messages(page).last()).toContainText(`Line ${COUNT}`)
  await expect(messages(page).last()).toBeInViewport()
})

test('each day has a line of its own, by the clock of the browser', async ({
  page,
  me,
  server,
}) => {
  await me.createRoom({ name: 'paper' })
  const day = 24 * 60 * 60 * 1000
  const now = new Date('2026-03-02T01:00:00Z')
  const said = [
    // 23:50 and 00:10 in Tokyo, on one day in UTC.
    ['Last', new Date('2026-02-20T14:50:00Z')],
    ['Past midnight', new Date('2026-02-20T15:10:00Z')],
    ['The day before', new Date(now.getTime() - day)],
    ['This morning', new Date(now.getTime() - 60_000)],
  ] as const
  for (const [text, at] of said) {
    const { id } = await me.say('paper', text)
    const written = at.toISOString().replace('T', ' ').replace('Z', '000')
    const statement = 'UPDATE messages SET created_at = ? WHERE id = ?'
    await changeDatabase(server.database, statement, written, String(id))
  }
  await page.clock.setFixedTime(now)
  await openRoom(page, 'paper')
  await expect(messages(page)).toContainText([
    /^Friday, February 20, 2026.*11:50 PM.*Last/u,
    /^Saturday, February 21, 2026.*12:10 AM.*Past midnight/u,
    /^Yesterday.*The day before/u,
    /^Today.*This morning/u,
  ])
})

test('a search finds what was said, and leads there', async ({ page, me }) => {
  await me.createRoom({ name: 'paper' })
  await me.say('paper', 'The ガラス is here')
  await fill(me, 'paper')
  await page.goto('/rooms')
  await page.getByTestId('search-rooms').fill('ｶﾞﾗｽ')
  const found = page.getByTestId('found-messages').getByRole('listitem')
  await expect(found).toHaveCount(1)
  await expect(found.locator('mark')).toHaveText('ガラス')
  await found.getByRole('link').click()
  await expect(page).toHaveURL('/rooms/paper?at=1')
  await expect(message(page, 'ガラス')).toBeInViewport()
})
