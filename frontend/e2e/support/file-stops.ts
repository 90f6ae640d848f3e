import { expect, type Page } from '@playwright/test'
import { archive } from './archives'
import type { Person } from './people'
import { BLUE, halves, RED } from './pictures'
import { complete, dialogOpen, fail, heading, hold, type Stop, testId } from './stop'

const LISTS = '**/api/v1/upload/files?*'
const LONG = '誰も小さな画面で読むことを考えずに付けたとても長い名前-final-version-2026.png'
const BROKEN = { name: 'Tool.exe', mimeType: '', buffer: Buffer.from('MZ') }

const noAnswerYet = (page: Page) => expect(page.locator('.skeleton').first()).toBeVisible()

async function choose(page: Page, ...files: (typeof BROKEN)[]): Promise<void> {
  await complete(page)
  await page.getByTestId('drop-zone').locator('input[type="file"]').setInputFiles(files)
}

/** One that is paused, and one that isn't taken. */
async function sendSome(page: Page): Promise<void> {
  await choose(page, BROKEN, archive('Plans.zip', 5_000_000))
  await page.getByRole('button', { name: /^Pause |を一時停止$/u }).click()
}

const lay = (layout: 'grid' | 'list') => (page: Page) =>
  page.getByTestId(`layout-${layout}`).click()

/** The page of one's own files. */
export async function planFiles(me: Person): Promise<Stop[]> {
  const item = await me.createItem({ title: 'Beech' })
  const picture = await me.upload(halves('Roof.png'), {
    item_id: item.id,
    description: 'The team on the roof of the workshop, just before the rain — 屋根の上のチーム',
  })
  await me.upload(halves(LONG, { left: BLUE, right: RED, width: 100, height: 300 }))
  const menu = (page: Page) => page.getByTestId(`file-menu-${picture.id}`).click()
  const entry = (at: number) => async (page: Page) => {
    await menu(page)
    await page.getByRole('menuitem').nth(at).click()
  }
  return [
    { name: 'files', path: '/files', ready: testId(`file-${picture.id}`) },
    { name: 'files-list', path: '/files', act: lay('list'), ready: testId(`file-${picture.id}`) },
    { name: 'files-grid', path: '/files', act: lay('grid'), ready: testId(`file-${picture.id}`) },
    {
      name: 'file-menu',
      path: '/files',
      act: menu,
      ready: (page) => expect(page.getByRole('menu')).toBeVisible(),
    },
    { name: 'file-describe', path: '/files', act: entry(2), ready: testId('file-description') },
    { name: 'file-delete', path: '/files', act: entry(3), ready: dialogOpen },
    {
      name: 'file-lightbox',
      path: '/files',
      act: (page) => page.getByRole('button', { name: 'Roof.png', exact: true }).click(),
      ready: testId('lightbox-picture'),
    },
    {
      name: 'files-uploads',
      path: '/files',
      arrange: hold('**/api/v1/upload/resumable/*'),
      act: sendSome,
      ready: testId('upload-paused'),
    },
    { name: 'files-none', path: '/files?search=nothing', ready: complete },
    { name: 'files-loading', path: '/files', arrange: hold(LISTS), ready: noAnswerYet },
    {
      name: 'files-failed',
      path: '/files',
      arrange: fail(LISTS),
      ready: testId('error-notification'),
      trouble: ['500 GET /api/v1/upload/files'],
    },
  ]
}

/** The same for someone who has none. */
export const EMPTY_FILE_STOP: Stop = { name: 'files-empty', path: '/files', ready: heading }
