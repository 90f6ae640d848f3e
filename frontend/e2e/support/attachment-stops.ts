import { expect, type Page } from '@playwright/test'
import type { People, Person } from './people'
import { BLUE, halves, RED } from './pictures'
import { complete, dialogOpen, fail, type Stop, testId } from './stop'

const FACE = halves('Face.png', { left: BLUE, right: RED, width: 200 })

async function chooseFace(page: Page, file: typeof FACE): Promise<void> {
  await page.getByTestId('face-file').setInputFiles(file)
}

const menuOf = (page: Page, id: number) => page.getByTestId(`file-menu-${id}`).click()

/** Faces, and files of items: of one's own ones, and of one that is only read. */
export async function planAttachments(people: People, me: Person): Promise<Stop[]> {
  const taro = await people.register('taro')
  for (const person of [me, taro]) {
    const { stored_name: face } = await person.upload(FACE)
    await person.updateProfile({ profile_image: face })
  }
  const bare = await me.createItem({ title: 'Beech' })
  const item = await me.createItem({ title: '木材の見積もり', status: 'published' })
  const read = await taro.createItem({ title: 'Cedar', status: 'published' })
  const picture = await me.upload(halves('Roof.png'), {
    item_id: item.id,
    description: 'The team on the roof of the workshop, just before the rain — 屋根の上のチーム',
  })
  const long = 'A name that somebody made up who had never to read it on a small screen-屋根の上'
  for (const [person, id] of [
    [me, item.id],
    [taro, read.id],
  ] as const) {
    await person.upload(halves(`${long}.png`, { width: 100, height: 300 }), { item_id: id })
  }
  const room = await me.createRoom({ name: 'workshop', topic: 'Who is who' })
  await me.addMember(room.name, taro)
  await taro.say(room.name, 'おはようございます')
  const onItem = `/items/${item.id}`
  const files = `**/api/v1/items/${item.id}/files`
  return [
    { name: 'face', path: '/settings', ready: testId('remove-face') },
    {
      name: 'face-crop',
      path: '/settings',
      act: (page) => chooseFace(page, FACE),
      ready: (page) => expect(page.getByTestId('save-face')).toBeEnabled(),
    },
    {
      name: 'face-unreadable',
      path: '/settings',
      act: (page) => chooseFace(page, { ...FACE, buffer: Buffer.from('no PNG') }),
      ready: (page) => expect(page.getByRole('dialog').getByRole('alert')).not.toBeEmpty(),
    },
    {
      name: 'room-faces',
      path: `/rooms/${room.name}`,
      ready: (page) => expect(page.locator('[data-key] img').first()).toBeVisible(),
    },
    { name: 'item-no-files', path: `/items/${bare.id}`, ready: testId('attach-files') },
    { name: 'item-files', path: onItem, ready: testId(`file-${picture.id}`) },
    { name: 'item-files-read', path: `/items/${read.id}`, ready: testId('item-files') },
    {
      name: 'item-files-failed',
      path: onItem,
      arrange: fail(files),
      ready: testId('error-notification'),
      trouble: [`500 GET /api/v1/items/${item.id}/files`],
    },
    {
      name: 'item-file-menu',
      path: onItem,
      act: (page) => menuOf(page, picture.id),
      ready: (page) => expect(page.getByRole('menu')).toBeVisible(),
    },
    {
      name: 'item-file-describe',
      path: onItem,
      act: async (page) => {
        await menuOf(page, picture.id)
        await page.getByRole('menuitem').nth(1).click()
      },
      ready: testId('file-description'),
    },
    {
      name: 'item-file-remove',
      path: onItem,
      act: async (page) => {
        await menuOf(page, picture.id)
        await page.getByRole('menuitem').last().click()
      },
      ready: dialogOpen,
    },
    {
      name: 'item-upload-failed',
      path: onItem,
      act: async (page) => {
        await complete(page)
        await page
          .getByTestId('drop-zone')
          .locator('input[type="file"]')
          .setInputFiles({ name: 'Tool.exe', mimeType: '', buffer: Buffer.from('MZ') })
      },
      ready: testId('upload-failed'),
    },
  ]
}
