import { randomUUID } from 'node:crypto'
import { expect, type Page } from '@playwright/test'
import type { ClientFrame, FrameOf } from '../../src/realtime/frames'
import type { People, Person } from './people'
import { composer, inRoom, message } from './rooms'
import { planRoomFiles } from './room-file-stops'
import { complete, dialogOpen, fail, hold, type Stop, testId } from './stop'

const LONG_NAME = 'a-room-with-quite-a-long-name_of-which-nobody-knows-why-any-more'
const TOPIC = '和紙と墨の話題なら何でも。見積もり、納期、色見本、職人さんとのやり取りまで。'
const TO_BE_DELETED = 'This goes again'
const TO_BE_EDITED = '納期は木曜日です。'

const CONVERSATION = [
  ['taro', 'おはようございます。和紙が届きました。'],
  ['taro', 'Pictures are at https://example.org/a/very/long/path/that/does/not/break?and=a-query.'],
  ['me', '早いですね！ありがとうございます。'],
  ['me', TO_BE_DELETED],
  ['jiro', '@hanako どちらの色がいいですか。@taro_sato にも聞いてください。'],
  ['jiro', `A word without any break: ${'x'.repeat(120)}`],
  ['me', TO_BE_EDITED],
  ['taro', 'Three things:\n1. the paper\n2. the ink\n3. 印鑑'],
  ['me', '日本語の長い文章です。折り返しは句読点の前後で正しく行われます。'.repeat(5)],
  ['jiro', '了解です。'],
] as const

/** Three people talk, as they do: they answer, correct themselves, take something back. */
async function converse(me: Person, taro: Person, jiro: Person): Promise<void> {
  const speakers = { me, taro, jiro }
  const said = new Map<string, FrameOf<'ack'>>()
  for (const [who, text] of CONVERSATION) said.set(text, await speakers[who].say('general', text))
  const idOf = (text: string) => said.get(text)!.id
  const first = idOf(CONVERSATION[0][1])
  const changes: [Person, ClientFrame][] = [
    [me, { type: 'delete', id: idOf(TO_BE_DELETED) }],
    [me, { type: 'edit', id: idOf(TO_BE_EDITED), content: '納期は金曜日の午前です。' }],
    ...['👍', '🎉', '❤️', '🙏'].map((emoji): [Person, ClientFrame] => [
      jiro,
      { type: 'react', id: first, emoji },
    ]),
    [me, { type: 'react', id: first, emoji: '👍' }],
    [taro, { type: 'react', id: idOf(TO_BE_EDITED), emoji: '✅' }],
  ]
  for (const [who, frame] of changes) await (await who.live()).ask(frame)
}

async function seedRooms(people: People, me: Person): Promise<Person> {
  const taro = await people.register('taro_sato')
  const jiro = await people.register('鈴木次郎')
  const everyone = { member_ids: [taro.id, jiro.id] }
  await me.createRoom({ name: 'general', topic: TOPIC, ...everyone })
  await me.createRoom({ name: 'secret', is_private: true, ...everyone })
  await taro.createRoom({ name: LONG_NAME, topic: TOPIC, member_ids: [me.id] })
  await taro.createRoom({ name: 'lunch', member_ids: [me.id] })
  await taro.createRoom({ name: 'workshop', topic: 'Anyone is welcome' })
  await taro.createRoom({ name: 'closed', is_private: true })
  await taro.say('workshop', 'See you on Saturday')
  await taro.say(LONG_NAME, 'Good morning')
  for (let n = 1; n <= 12; n += 1) await taro.say('lunch', `Soba ${n}`)
  await converse(me, taro, jiro)
  await (await taro.live()).ask({ type: 'subscribe', cid: randomUUID(), room: 'general' })
  return taro
}

const ROOM = '/rooms/general'
const EDITED = '金曜日'

/** A room is complete with its messages and with those who are here. */
async function talked(page: Page): Promise<void> {
  await inRoom(page, 'general')
  await expect(message(page, '了解です。')).toBeVisible()
}

const inside = (act: (page: Page) => Promise<void>) => async (page: Page) => {
  await talked(page)
  await act(page)
}

const openMenu = async (page: Page) => {
  await page.getByTestId('room-menu').click()
  await expect(page.getByRole('menu')).toBeVisible()
}

const roomStops: Stop[] = [
  { name: 'rooms', path: '/rooms', ready: testId('room-workshop') },
  {
    name: 'rooms-search',
    path: '/rooms',
    act: (page) => page.getByTestId('search-rooms').fill('和紙'),
    ready: (page) =>
      expect(page.getByTestId('found-messages').getByRole('listitem')).not.toHaveCount(0),
  },
  {
    name: 'rooms-no-match',
    path: '/rooms',
    act: (page) => page.getByTestId('search-rooms').fill('見つからない'),
    ready: (page) => expect(page.getByTestId('found-messages').getByRole('status')).toBeVisible(),
  },
  {
    name: 'room-new',
    path: '/rooms',
    act: (page) => page.getByTestId('create-room').click(),
    ready: dialogOpen,
  },
  {
    name: 'room-new-errors',
    path: '/rooms',
    act: async (page) => {
      await page.getByTestId('create-room').click()
      await page.getByTestId('room-name').fill('Not a name')
      await page.getByTestId('save-room').click()
    },
    ready: (page) => expect(page.getByTestId('room-name')).toHaveAttribute('aria-invalid', 'true'),
  },
  { name: 'room-unread', path: '/rooms/lunch', ready: (page) => inRoom(page, 'lunch') },
  { name: 'room', path: ROOM, ready: talked },
  { name: 'room-at', path: `${ROOM}?at=5`, ready: talked },
  {
    name: 'room-actions',
    path: ROOM,
    act: inside((page) => message(page, EDITED).focus()),
    ready: (page) => expect(message(page, EDITED).getByRole('button')).not.toHaveCount(1),
  },
  {
    name: 'room-reacting',
    path: ROOM,
    act: inside(async (page) => {
      await message(page, EDITED).focus()
      await message(page, EDITED).locator('button[title]').nth(1).click()
    }),
    ready: (page) => expect(message(page, EDITED).getByRole('group')).toBeVisible(),
  },
  {
    name: 'room-editing',
    path: ROOM,
    act: inside((page) => composer(page).press('ArrowUp')),
    ready: testId('edit-message'),
  },
  {
    name: 'room-mentioning',
    path: ROOM,
    act: inside((page) => composer(page).fill('聞いてください：@')),
    ready: (page) => expect(page.getByRole('option').first()).toBeVisible(),
  },
  {
    name: 'room-too-long',
    path: ROOM,
    act: inside((page) => composer(page).fill('長'.repeat(4010))),
    ready: (page) => expect(composer(page)).toHaveAttribute('aria-invalid', 'true'),
  },
  {
    name: 'room-people',
    path: ROOM,
    // Without the draft of the stop before.
    fresh: true,
    act: inside((page) => page.getByTestId('room-people').click()),
    ready: (page) => expect(page.getByRole('dialog').getByRole('listitem')).toHaveCount(3),
  },
  { name: 'room-menu', path: ROOM, act: inside(openMenu), ready: talked },
  {
    name: 'room-settings',
    path: ROOM,
    act: inside(async (page) => {
      await openMenu(page)
      await page.getByRole('menuitem').first().click()
    }),
    ready: dialogOpen,
  },
  {
    name: 'room-delete',
    path: ROOM,
    act: inside(async (page) => {
      await openMenu(page)
      await page.getByRole('menuitem').last().click()
    }),
    ready: dialogOpen,
  },
  { name: 'room-silent', path: '/rooms/secret', ready: (page) => inRoom(page, 'secret') },
  { name: 'room-long-name', path: `/rooms/${LONG_NAME}`, ready: (page) => inRoom(page, LONG_NAME) },
  { name: 'room-look-in', path: '/rooms/workshop', ready: testId('join-room') },
  {
    name: 'room-closed',
    path: '/rooms/closed',
    ready: complete,
    trouble: ['403 GET /api/v1/rooms/closed'],
  },
  {
    name: 'room-unknown',
    path: '/rooms/nowhere',
    ready: complete,
    trouble: ['404 GET /api/v1/rooms/nowhere'],
  },
  {
    name: 'room-loading',
    path: ROOM,
    fresh: true,
    arrange: hold('**/api/v1/rooms/general/messages?*'),
    ready: (page) => expect(page.locator('.skeleton').first()).toBeVisible(),
  },
  {
    name: 'room-failed',
    path: ROOM,
    fresh: true,
    arrange: fail('**/api/v1/rooms/general/messages?*'),
    ready: complete,
    trouble: ['500 GET /api/v1/rooms/general/messages'],
  },
]

/** What a newcomer finds. */
export const EMPTY_ROOM_STOPS: Stop[] = [
  {
    name: 'rooms-empty',
    path: '/rooms',
    ready: (page) => expect(page.getByRole('main').getByRole('button')).toHaveCount(2),
  },
]

/** Rooms with a past. */
export async function planRooms(people: People, me: Person): Promise<Stop[]> {
  const taro = await seedRooms(people, me)
  return [...roomStops, ...(await planRoomFiles(me, taro))]
}
