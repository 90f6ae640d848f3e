import type { Page } from '@playwright/test'
import { expectAccessible } from './support/accessibility'
import { PDF } from './support/documents'
import { drop, type Payload } from './support/drop'
import { open } from './support/flows'
import { BLUE, expectColours, halves, RED } from './support/pictures'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const files = (page: Page) => page.getByTestId('item-files')
const row = (page: Page, name: string) =>
  files(page)
    .getByTestId(/^file-\d+$/u)
    .filter({ hasText: name })
const pictureOf = (page: Page, name: string) => row(page, name).locator('img')

async function attach(page: Page, file: Payload) {
  const chooser = page.waitForEvent('filechooser')
  await page.getByTestId('attach-files').click()
  await (await chooser).setFiles(file)
}

/** Chooses something in the menu of a file. */
async function choose(page: Page, name: string, action: string) {
  await row(page, name)
    .getByRole('button', { name: `Actions for ${name}` })
    .click()
  await page.getByRole('menuitem', { name: action }).click()
}

test('what is attached, described and removed shows at once to who reads the item', async ({
  page,
  me,
  people,
  openBrowser,
  watch,
}) => {
  const taro = await people.register('taro')
  const item = await me.createItem({ title: 'Beech', status: 'published' })
  const theirs = await (await openBrowser(taro)).newPage()
  await open(theirs, `/items/${item.id}`, 'Beech')
  await open(page, `/items/${item.id}`, 'Beech')
  await expect(files(page)).toContainText('Nothing is attached yet.')
  await expect(files(theirs)).toHaveCount(0)

  await attach(page, halves('Roof.png'))
  await expectColours(pictureOf(page, 'Roof.png'), RED, BLUE)
  await expectColours(pictureOf(theirs, 'Roof.png'), RED, BLUE)
  await expect(row(theirs, 'Roof.png')).toContainText('hanako')
  await expect(row(page, 'Roof.png')).not.toContainText('hanako')
  await expectAccessible(page)
  await expectAccessible(theirs)

  await choose(page, 'Roof.png', 'Edit the description')
  await page.getByTestId('file-description').fill('The team on the roof')
  await page.getByTestId('save-description').click()
  await expect(row(theirs, 'Roof.png')).toContainText('The team on the roof')

  await row(theirs, 'Roof.png').getByRole('button').click()
  const lightbox = theirs.getByRole('dialog', { name: 'Roof.png' })
  await expectColours(lightbox.getByRole('img', { name: 'The team on the roof' }), RED, BLUE)
  await theirs.keyboard.press('Escape')
  await expect(lightbox).toBeHidden()
  await expect(row(theirs, 'Roof.png').getByRole('button')).toBeFocused()

  const download = theirs.waitForEvent('download')
  await row(theirs, 'Roof.png').getByRole('link', { name: 'Download Roof.png' }).click()
  expect((await download).suggestedFilename()).toBe('Roof.png')
  await expect(files(theirs).getByRole('button', { name: /Actions|Attach/u })).toHaveCount(0)

  watch.expect(`403 GET /api/v1/items/${item.id}`)
  await me.updateItem(item.id, { status: 'draft' })
  await expect(theirs.getByRole('heading', { name: 'You may not see this item' })).toBeVisible()
  await expect(files(theirs)).toHaveCount(0)
  await me.updateItem(item.id, { status: 'published' })
  await expect(row(theirs, 'Roof.png')).toBeVisible()

  await choose(page, 'Roof.png', 'Delete')
  const dialog = page.getByRole('dialog', { name: 'Delete Roof.png?' })
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(dialog).toBeHidden()
  await expect(files(page)).toContainText('Nothing is attached yet.')
  await expect(files(theirs)).toHaveCount(0)
})

test('a document is dropped on the item, and what is no file for it is told so', async ({
  page,
  me,
}) => {
  const item = await me.createItem({ title: 'Beech' })
  await open(page, `/items/${item.id}`, 'Beech')
  await drop(files(page), { ...PDF, name: 'Plan.pdf' })
  await expect(row(page, 'Plan.pdf')).toBeVisible()
  const download = page.waitForEvent('download')
  await row(page, 'Plan.pdf').getByRole('link').click()
  expect((await download).suggestedFilename()).toBe('Plan.pdf')

  await drop(files(page), { name: 'Tool.exe', mimeType: '', buffer: Buffer.from('MZ') })
  const upload = files(page).getByTestId('upload-failed')
  await expect(upload).toContainText('Files of this type are not taken.')
  await upload.getByRole('button', { name: 'Take Tool.exe off the list' }).click()
  await expect(upload).toHaveCount(0)
  await expect(row(page, 'Plan.pdf')).toBeVisible()
})
