import { writeFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { archive } from './support/archives'
import { carried, paste, type Payload } from './support/drop'
import { open } from './support/flows'
import { BLUE, expectColours, halves, RED } from './support/pictures'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const MIB = 1024 * 1024
const BROKEN = { name: 'Letter.png', mimeType: 'image/png', buffer: Buffer.from('Dear Taro') }

const cards = (page: Page) => page.getByTestId(/^file-\d+$/u)
const card = (page: Page, name: string) => cards(page).filter({ hasText: name })
const uploads = (page: Page) => page.getByRole('region', { name: 'Uploads' })
const upload = (page: Page, name: string) =>
  uploads(page).getByRole('listitem').filter({ hasText: name })

async function choose(page: Page, ...files: (Payload | string)[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByTestId('upload-files').click()
  await (await chooser).setFiles(files as Payload[])
}

/** Lets files fall on the page, as from another window. */
async function drop(page: Page, files: Payload[]): Promise<void> {
  const dataTransfer = await carried(page, files)
  const zone = page.getByTestId('drop-zone')
  await zone.dispatchEvent('dragenter', { dataTransfer })
  await expect(page.getByText('Drop to upload')).toBeVisible()
  await zone.dispatchEvent('drop', { dataTransfer })
  await expect(page.getByText('Drop to upload')).toHaveCount(0)
}

/** Opens the menu of a file and chooses something in it. */
async function act(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

test('of three files that are dropped the good ones are shown, and the bad one is named', async ({
  page,
  me,
  openBrowser,
  watch,
}) => {
  const elsewhere = await (await openBrowser(me)).newPage()
  await open(elsewhere, '/files', 'Files')
  await expect(elsewhere.getByText('There are no files yet')).toBeVisible()
  await open(page, '/files', 'Files')
  watch.expect('415 POST /api/v1/upload/files')
  // Two of one name are two files.
  await drop(page, [halves('Roof.png'), BROKEN, halves('Roof.png', { left: BLUE, right: RED })])

  await expect(upload(page, 'Letter.png')).toContainText('What is in the file is not what its name')
  await expect(page.getByRole('status').getByText('Letter.png was not uploaded.')).toBeAttached()
  await expect(cards(page)).toHaveCount(2)
  for (const tab of [page, elsewhere]) {
    const pictures = cards(tab).locator('img')
    await expect(pictures).toHaveCount(2)
    await expect
      .poll(() =>
        pictures.evaluateAll((all: HTMLImageElement[]) => all.map((it) => it.naturalWidth)),
      )
      .toEqual([200, 200])
  }
  // What has arrived leaves the list by itself, and what has not only when it is told to.
  await expect(uploads(page).getByRole('listitem')).toHaveCount(1)
  await upload(page, 'Letter.png').getByRole('button', { name: 'off the list' }).click()
  await expect(uploads(page)).toHaveCount(0)
})

test('one that takes too long is cancelled, and sent after all', async ({ page }) => {
  await open(page, '/files', 'Files')
  // What is held stays so: taking the route away would let it go.
  let isHeld = true
  await page.route('**/api/v1/upload/files', (route) => (isHeld ? undefined : route.continue()))
  await choose(page, halves('Roof.png'), halves('Wall.png'))
  const roof = upload(page, 'Roof.png')
  await expect(roof.getByRole('progressbar', { name: 'Upload of Roof.png' })).toBeVisible()
  // Whoever would close the tab now is asked.
  const asks = () =>
    page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })))
  expect(await asks()).toBe(true)
  // The uploads go on while other pages are open.
  await page.getByRole('link', { name: 'Items' }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: 'Items' })).toBeVisible()
  await page.getByRole('link', { name: 'Files' }).first().click()

  await roof.getByRole('button', { name: 'Cancel Roof.png' }).click()
  await expect(roof).toContainText('Cancelled')
  await upload(page, 'Wall.png').getByRole('button', { name: 'Cancel' }).click()
  isHeld = false
  await roof.getByRole('button', { name: 'Try Roof.png again' }).click()
  await expectColours(card(page, 'Roof.png').locator('img'), RED, BLUE)
  await expect(cards(page)).toHaveCount(1)
  expect(await asks()).toBe(false)
})

test('pictures open one after the other, by keys alone', async ({ page, me }) => {
  await me.upload(halves('Wall.png', { left: BLUE, right: RED }), { description: 'A wall' })
  await me.upload(halves('Roof.png'), { description: 'The team on the roof' })
  await open(page, '/files', 'Files')
  const roof = card(page, 'Roof.png').getByRole('button', { name: 'Roof.png', exact: true })
  await roof.press('Enter')
  const lightbox = page.getByTestId('lightbox')
  await expectColours(lightbox.getByRole('img', { name: 'The team on the roof' }), RED, BLUE)
  await expect(lightbox).toContainText('1 of 2')

  await page.keyboard.press('ArrowRight')
  await expectColours(lightbox.getByRole('img', { name: 'A wall' }), BLUE, RED)
  await page.keyboard.press('ArrowRight')
  await expect(lightbox.getByRole('heading', { name: 'Roof.png' })).toBeVisible()
  await page.keyboard.press('End')
  await expect(lightbox).toContainText('2 of 2')
  await page.keyboard.press('+')
  await expect(lightbox.getByRole('button', { name: 'Actual size' })).toHaveAttribute(
    'aria-pressed',
    'true',
  )
  // The focus doesn't leave it.
  for (let presses = 0; presses < 12; presses += 1) await page.keyboard.press('Tab')
  const isInside = () =>
    page.evaluate(
      () => document.activeElement === document.body || !!document.activeElement?.closest('dialog'),
    )
  expect(await isInside()).toBe(true)
  await page.keyboard.press('Escape')
  await expect(lightbox).toBeHidden()
  await expect(roof).toBeFocused()
})

test('a large one is paused, goes on from where it was, and survives a reload', async ({
  page,
  server,
}, testInfo) => {
  /** Until the server is through with so many requests: what they brought is at rest. */
  const atRest = (requests: number) =>
    expect.poll(() => server.log().slice(logged).split('method=PATCH').length - 1).toBe(requests)
  const logged = server.log().length
  const cdp = await page.context().newCDPSession(page)
  const throttle = (bytes: number) =>
    cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytes,
    })
  const offsets: number[] = []
  page.on('request', (request) => {
    const offset = request.headers()['upload-offset']
    if (request.method() === 'PATCH' && offset !== undefined) offsets.push(Number(offset))
  })
  // A file of the disk, which has a date: the browser knows it again by that, its name and its size.
  const large = testInfo.outputPath('Plans.zip')
  await writeFile(large, archive('Plans.zip', 12 * MIB).buffer)
  await open(page, '/files', 'Files')
  await throttle(2 * MIB)
  await choose(page, large)
  const row = upload(page, 'Plans.zip')
  await expect(row).toContainText(/[1-9]\d %/u)
  await row.getByRole('button', { name: 'Pause Plans.zip' }).click()
  await expect(row).toContainText('Paused at')
  expect(offsets).toEqual([0])
  await atRest(1)

  await row.getByRole('button', { name: 'Go on with Plans.zip' }).click()
  await expect.poll(() => offsets.length).toBe(2)
  expect(offsets[1]).toBeGreaterThan(0)
  await row.getByRole('button', { name: 'Pause Plans.zip' }).click()
  await atRest(2)
  await page.reload()
  await throttle(-1)
  await choose(page, large)
  await expect(card(page, 'Plans.zip')).toContainText('12 MB')
  expect(offsets[2]).toBeGreaterThan(0)
  const kept = () =>
    page.evaluate(() => Object.keys(localStorage).filter((key) => /upload/u.test(key)))
  await expect.poll(kept).toEqual([])
})

test('a large one that is not what it says is named, too', async ({ page, watch }) => {
  watch.expect(/^415 PATCH \/api\/v1\/upload\/resumable\//u)
  await open(page, '/files', 'Files')
  await choose(page, { name: 'Plans.zip', mimeType: '', buffer: Buffer.from('Dear Taro') })
  await expect(upload(page, 'Plans.zip')).toContainText('What is in the file is not what its name')
  await expect(upload(page, 'Plans.zip').getByRole('button')).toHaveCount(1)
})

test('a picture from the clipboard is named by the time', async ({ page }) => {
  await open(page, '/files', 'Files')
  await paste(page.locator('body'), halves('image.png'))
  await expect(cards(page)).toContainText(/Pasted \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png/u)
})

test('files are described, found, downloaded and deleted', async ({ page, me }) => {
  const item = await me.createItem({ title: 'Beech' })
  await me.upload(halves('屋上.png'), { item_id: item.id })
  await me.upload(halves('Wall.png'))
  await open(page, '/files', 'Files')
  await expect(page.getByTestId('quota')).toContainText('of 1 GB used')
  await expect(card(page, '屋上.png').getByRole('link', { name: 'On an item' })).toHaveAttribute(
    'href',
    `/items/${item.id}`,
  )

  await act(page, 'Wall.png', 'Edit the description')
  await page.getByTestId('file-description').fill('Where the roof begins')
  await page.getByTestId('save-description').click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.getByRole('search').getByRole('textbox').fill('roof')
  await expect(page).toHaveURL(/search=roof/u)
  await expect(cards(page)).toHaveCount(1)
  await expect(
    card(page, 'Wall.png').getByRole('img', { name: 'Where the roof begins' }),
  ).toBeVisible()
  await page.getByLabel('Type').selectOption('document')
  await expect(page.getByText('No file matches')).toBeVisible()
  await page.getByRole('button', { name: 'Clear the filters' }).click()
  await page.getByTestId('layout-list').click()
  await page.reload()
  await expect(page.getByTestId('layout-list')).toHaveAttribute('aria-pressed', 'true')

  const download = page.waitForEvent('download')
  await act(page, '屋上.png', 'Download')
  expect((await download).suggestedFilename()).toBe('屋上.png')

  await act(page, '屋上.png', 'Delete')
  const dialog = page.getByRole('dialog', { name: 'Delete 屋上.png?' })
  await expect(dialog).toContainText('attached to an item')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(cards(page)).toHaveCount(1)
  await expect(page.getByText('1 file', { exact: true })).toBeVisible()
})
