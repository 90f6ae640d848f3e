import { randomUUID } from 'node:crypto'
import { expect, type Page } from '@playwright/test'
import { PDF } from './documents'
import type { Person } from './people'
import { BLUE, halves, RED } from './pictures'
import { composer, inRoom, messages } from './rooms'
import { type Stop, testId } from './stop'

const ROOM = '/rooms/pictures'
const LONG_NAME = 'A name that somebody made up who had never to read it on a small screen-屋根の上'

async function show(who: Person, content: string, files: Parameters<Person['upload']>[]) {
  const uploaded = []
  for (const file of files) uploaded.push((await who.upload(...file)).stored_name)
  await (
    await who.live()
  ).ask({ type: 'message', room: 'pictures', content, cid: randomUUID(), files: uploaded })
}

/** Adds what someone would send to the message that is being written. */
const attach =
  (...files: ReturnType<typeof halves>[]) =>
  async (page: Page) => {
    await inRoom(page, 'pictures')
    await page.locator('input[type="file"]').setInputFiles(files)
  }

/** A room in which files are shown: one and several, high and wide, with and without a text. */
export async function planRoomFiles(me: Person, taro: Person): Promise<Stop[]> {
  await me.createRoom({ name: 'pictures', member_ids: [taro.id] })
  const description = '工房の屋根の上のチーム。雨が降り出す直前。'
  await show(taro, '屋根の写真です。', [[halves('Roof.png'), { description }]])
  await show(me, '', [[halves('High.png', { width: 100, height: 400, left: BLUE, right: RED })]])
  await show(
    taro,
    'Four of them, and what it costs',
    [1, 2, 3, 4].map((n) => [halves(`Eaves ${n}.png`)]),
  )
  await show(taro, '', [[{ ...PDF, name: `${LONG_NAME}.pdf` }], [{ ...PDF, name: '見積書.pdf' }]])
  await show(me, 'ありがとうございます。確認します。', [[{ ...PDF, name: 'Reply.pdf' }]])
  return [
    {
      name: 'room-files',
      path: ROOM,
      ready: (page) => expect(page.locator('[data-picture] img')).toHaveCount(6),
    },
    {
      name: 'room-files-viewing',
      path: ROOM,
      act: (page) => page.locator('[data-picture]').first().click(),
      ready: testId('lightbox-picture'),
    },
    {
      name: 'room-files-attached',
      path: ROOM,
      fresh: true,
      act: attach(halves(`${LONG_NAME}.png`), { ...PDF, name: 'Tool.exe' }, PDF),
      ready: (page) => expect(page.locator('[data-attached="done"]')).toHaveCount(2),
    },
    {
      name: 'room-files-waiting',
      path: ROOM,
      fresh: true,
      arrange: async (page) => {
        await page.route('**/api/v1/upload/files', async (route) => {
          // Once the message is among the others: with a file that didn't arrive nothing is sent.
          await messages(page).nth(5).waitFor()
          await route.fulfill({ status: 500, body: '' })
        })
      },
      act: async (page) => {
        await composer(page).fill('もう一枚あります。')
        await attach(halves('Gable.png'))(page)
        await page.getByTestId('send-message').click()
      },
      ready: (page) => expect(page.locator('[data-attached="failed"]')).toBeVisible(),
      trouble: ['500 POST /api/v1/upload/files'],
    },
    {
      name: 'room-files-gone',
      path: ROOM,
      fresh: true,
      arrange: async (page) => {
        const body = JSON.stringify({ data: [], expires_at: '2036-01-31T09:30:00Z' })
        await page.route('**/api/v1/upload/links?*', (route) =>
          route.fulfill({ contentType: 'application/json', body }),
        )
      },
      ready: (page) => expect(page.getByText('Roof.png')).toBeVisible(),
    },
  ]
}
