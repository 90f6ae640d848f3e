import type { Page } from '@playwright/test'
import { expectAccessible } from './support/accessibility'
import { drop } from './support/drop'
import { open } from './support/flows'
import { BLUE, expectColours, halves, RED } from './support/pictures'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const dialogOf = (page: Page) => page.getByRole('dialog', { name: 'Your picture' })
const faceIn = (page: Page, testId: string) => page.getByTestId(testId).locator('img')

async function choose(
  page: Page,
  file: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0],
) {
  const chooser = page.waitForEvent('filechooser')
  await page.getByTestId('choose-face').click()
  await (await chooser).setFiles(file)
}

test('a face is chosen, cut out by the keys, seen by others, and removed', async ({
  page,
  me,
  people,
  openBrowser,
}) => {
  const chief = await people.setUp('ichiro')
  await open(page, '/settings', 'Settings')
  await choose(page, halves('Portrait.png'))
  const dialog = dialogOf(page)
  const frame = dialog.getByRole('application', { name: 'Part of the picture to show' })
  await expect(page.getByTestId('save-face')).toBeEnabled()
  await expectAccessible(page)

  await frame.focus()
  for (let step = 0; step < 12; step += 1) await frame.press('ArrowRight')
  await expect(page.getByTestId('face-place')).toHaveText(/; 0 % from the left, 50 % from the top/u)
  await frame.press('+')
  await expect(page.getByTestId('face-place')).toHaveText(/^Enlarged to 115 %/u)
  await page.getByTestId('save-face').press('Enter')
  await expect(page.getByText('This is your picture now.')).toBeVisible()
  await expect(dialog).toBeHidden()
  await expect(page.getByTestId('choose-face')).toBeFocused()
  await expectColours(faceIn(page, 'face'), RED, RED)
  await expectColours(faceIn(page, 'user-menu'), RED, RED)

  const theirs = await (await openBrowser(chief)).newPage()
  await open(theirs, '/admin/users', 'Users')
  const row = theirs.getByTestId(`user-${me.id}`)
  await expectColours(row.locator('img'), RED, RED)

  await page.getByTestId('remove-face').click()
  await expect(page.getByText('Your picture is removed.')).toBeVisible()
  await expect(faceIn(page, 'user-menu')).toHaveCount(0)
  await expect(page.getByTestId('choose-face')).toHaveText('Choose a picture')
  await theirs.reload()
  await expect(row).toBeVisible()
  await expect(row.locator('img')).toHaveCount(0)
})

test('a face is dropped, and cut out by hand and by the buttons', async ({ page }) => {
  await open(page, '/settings', 'Settings')
  await drop(page.getByTestId('face'), halves('Portrait.png'))
  await expect(page.getByTestId('save-face')).toBeEnabled()
  const box = (await page.getByTestId('face-frame').boundingBox())!
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x - box.width, y, { steps: 4 })
  await page.mouse.up()
  for (const step of ['enlarge', 'enlarge', 'shrink', 'up']) {
    await page.getByTestId(`face-${step}`).click()
  }
  await expect(page.getByTestId('face-place')).toHaveText(/^Enlarged to 115 %/u)
  await page.getByTestId('save-face').click()
  await expectColours(faceIn(page, 'face'), BLUE, BLUE)
})

test('what is no picture, or a broken one, is told so', async ({ page }) => {
  await open(page, '/settings', 'Settings')
  await choose(page, { name: 'Notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Notes') })
  const alert = dialogOf(page).getByRole('alert')
  await expect(alert).toContainText("This file isn't a picture.")
  await expect(page.getByTestId('save-face')).toHaveCount(0)
  await expectAccessible(page)

  const chooser = page.waitForEvent('filechooser')
  await dialogOf(page).getByRole('button', { name: 'Choose another picture' }).click()
  await (await chooser).setFiles({ ...halves('Broken.png'), buffer: Buffer.from('no PNG') })
  await expect(alert).toContainText("This picture can't be read.")

  await dialogOf(page).getByRole('button', { name: 'Cancel' }).click()
  await expect(dialogOf(page)).toBeHidden()
})

test('a picture that the server refuses is told so, and may be tried again', async ({
  page,
  watch,
}) => {
  await open(page, '/settings', 'Settings')
  const error = { id: 'e', code: 'PAYLOAD_TOO_LARGE', message: 'No room left', details: {} }
  await page.route('**/api/v1/upload/files', (route) =>
    route.fulfill({ status: 413, json: { error } }),
  )
  watch.expect('413 POST /api/v1/upload/files')
  await choose(page, halves('Portrait.png'))
  await page.getByTestId('save-face').click()
  await expect(dialogOf(page).getByRole('alert')).toContainText('No room left')
  await page.unroute('**/api/v1/upload/files')
  await page.getByTestId('save-face').click()
  await expectColours(faceIn(page, 'user-menu'), RED, BLUE)
})
