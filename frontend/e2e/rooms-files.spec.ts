import type { Page } from '@playwright/test'
import { expectAccessible } from './support/accessibility'
import { PDF } from './support/documents'
import { drop, paste, type Payload } from './support/drop'
import type { Person } from './support/people'
import { BLUE, expectColours, halves, RED } from './support/pictures'
import { act, composer, isSent, message, messages, openRoom } from './support/rooms'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const attached = (page: Page) => page.locator('[data-attached-files]')
const picture = (page: Page, name: string) =>
  page.getByRole('button', { name: `Show ${name} in full` })

async function attach(page: Page, ...files: Payload[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByTestId('attach-files').click()
  await (await chooser).setFiles(files)
}

/** The room on the screens of two people who are in it. */
async function twoIn(
  page: Page,
  me: Person,
  taro: Person,
  open: () => Promise<Page>,
): Promise<Page> {
  await me.createRoom({ name: 'paper', member_ids: [taro.id] })
  await openRoom(page, 'paper')
  const theirs = await open()
  await openRoom(theirs, 'paper')
  return theirs
}

test('a picture that one sends, the other one sees, and opens', async ({
  page,
  people,
  me,
  openBrowser,
}) => {
  const taro = await people.register('taro')
  const theirs = await twoIn(page, me, taro, async () => (await openBrowser(taro)).newPage())

  await attach(page, halves('Roof.png'), PDF)
  await expect(attached(page).getByRole('listitem')).toHaveCount(2)
  await expect(composer(page)).toBeFocused()
  await page.keyboard.type('The roof, and what it costs')
  await page.keyboard.press('Enter')
  await expect(attached(page)).toHaveCount(0)
  for (const side of [page, theirs]) {
    await isSent(message(side, 'The roof'))
    await expectColours(picture(side, 'Roof.png').getByRole('img'), RED, BLUE)
    await expectAccessible(side)
  }
  await expect(theirs.getByRole('log')).toHaveText(
    /^hanako: The roof, and what it costs\s+2 files attached: Roof\.png, Offer\.pdf$/u,
  )

  await picture(theirs, 'Roof.png').click()
  const lightbox = theirs.getByRole('dialog', { name: 'Roof.png' })
  await expectColours(lightbox.getByTestId('lightbox-picture'), RED, BLUE)
  await theirs.keyboard.press('Escape')
  await expect(lightbox).toBeHidden()
  await expect(picture(theirs, 'Roof.png')).toBeFocused()

  const download = theirs.waitForEvent('download')
  await theirs.getByRole('link', { name: 'Offer.pdf' }).click()
  expect((await download).suggestedFilename()).toBe('Offer.pdf')

  await theirs.reload()
  await expectColours(picture(theirs, 'Roof.png').getByRole('img'), RED, BLUE)
  await act(page, 'The roof', 'Delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  for (const side of [page, theirs]) {
    await expect(messages(side)).toContainText(['This message was deleted.'])
    await expect(picture(side, 'Roof.png')).toHaveCount(0)
    await expect(side.getByRole('link', { name: 'Offer.pdf' })).toHaveCount(0)
  }
})

test('files are dropped and pasted, and what is none for here is told so', async ({ page, me }) => {
  await me.createRoom({ name: 'paper' })
  await openRoom(page, 'paper')
  await drop(composer(page), { ...PDF, name: 'Tool.exe', mimeType: 'application/octet-stream' })
  const refused = page.locator('[data-attached="failed"]')
  await expect(refused).toContainText('Files of this type are not taken.')
  await paste(composer(page), halves('Roof.png'))
  await drop(composer(page), halves('Eaves.png', { left: BLUE, right: RED }))
  await expect(page.locator('[data-attached="done"]')).toHaveCount(2)
  await expect(page.getByTestId('send-message')).toBeDisabled()
  await refused.getByRole('button', { name: 'Remove Tool.exe' }).click()
  await expect(composer(page)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(messages(page)).toHaveCount(1)
  await isSent(messages(page).first())
  await expectColours(picture(page, 'Roof.png').getByRole('img'), RED, BLUE)

  await picture(page, 'Roof.png').click()
  await page.keyboard.press('ArrowRight')
  const lightbox = page.getByRole('dialog', { name: 'Eaves.png' })
  await expectColours(lightbox.getByTestId('lightbox-picture'), BLUE, RED)
})
