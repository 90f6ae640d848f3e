import type { Page } from '@playwright/test'
import { open } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const row = (page: Page, id: number) => page.getByTestId(`item-${id}`)

/** Opens a page that isn't to be loaded again: what appears on it from now on came by itself. */
async function openForGood(page: Page, path: string, heading: string): Promise<void> {
  await open(page, path, heading)
  await page.locator('html').evaluate((root) => (root.dataset.opened = 'once'))
}

async function expectNotReloaded(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-opened', 'once')
}

/** Deletes the item whose page is open, by its buttons. */
async function erase(page: Page): Promise<void> {
  await page.getByTestId('delete-item').click()
  const dialog = page.getByRole('dialog', { name: 'Delete this item?' })
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(page).toHaveURL('/items')
}

test('a list has what another one writes, changes, withdraws and deletes', async ({
  page,
  people,
  openBrowser,
}) => {
  const taro = await people.register('taro')
  const theirs = await (await openBrowser(taro)).newPage()
  await openForGood(page, '/items', 'Items')
  await expect(page.getByText('There are no items yet')).toBeVisible()

  await theirs.goto('/items/new')
  await theirs.getByTestId('item-title').fill('和紙の注文')
  await theirs.getByTestId('item-status').selectOption('published')
  await theirs.getByTestId('save-item').click()
  await expect(theirs.getByRole('heading', { name: '和紙の注文' })).toBeVisible()
  const { id } = (await taro.items())[0]!
  await expect(row(page, id)).toContainText('和紙の注文')
  await expect(page.getByText('1 item', { exact: true }).last()).toBeVisible()

  await theirs.getByTestId('edit-item').click()
  await theirs.getByTestId('item-title').fill('和紙を百枚注文')
  await theirs.getByTestId('save-item').click()
  await expect(row(page, id)).toContainText('和紙を百枚注文')

  await taro.updateItem(id, { status: 'draft' })
  await expect(row(page, id)).toHaveCount(0)
  await taro.updateItem(id, { status: 'published' })
  await expect(row(page, id)).toBeVisible()
  await erase(theirs)
  await expect(row(page, id)).toHaveCount(0)
  await expect(page.getByText('There are no items yet')).toBeVisible()
  await expectNotReloaded(page)
})

test('a list keeps its order and its filters', async ({ page, me, people }) => {
  const taro = await people.register('taro')
  const first = await taro.createItem({ title: 'Beech', status: 'published' })
  await open(page, '/items?sort=title&status=published', 'Items')
  await expect(row(page, first.id)).toBeVisible()

  const draft = await me.createItem({ title: 'Ash' })
  const second = await taro.createItem({ title: 'Cedar', status: 'published' })
  await expect(page.getByTestId(/^item-\d+$/u)).toContainText(['Beech', 'Cedar'])
  await taro.updateItem(second.id, { title: 'Alder' })
  await expect(page.getByTestId(/^item-\d+$/u)).toContainText(['Alder', 'Beech'])
  await expect(row(page, draft.id)).toHaveCount(0)
})

test('the dashboard follows what one does elsewhere', async ({ page, me, openBrowser, people }) => {
  await openForGood(page, '/', 'Hello, hanako')
  const counts = page.getByRole('list', { name: 'Your items by status' })
  const drafts = counts.getByRole('listitem').filter({ hasText: 'Draft' })
  await expect(drafts).toContainText('0')
  await expect(page.getByTestId('online')).toHaveText('1 person online')

  const phone = await (await openBrowser(me)).newPage()
  await phone.goto('/items/new')
  await phone.getByTestId('item-title').fill('From my phone')
  await phone.getByTestId('save-item').click()
  await expect(phone.getByRole('heading', { name: 'From my phone' })).toBeVisible()
  const { id } = (await me.items())[0]!
  await expect(row(page, id)).toContainText('From my phone')
  await expect(drafts).toContainText('1')
  const change = page.getByTestId(`change-${id}`)
  await expect(change).toContainText('Created by you')

  await me.updateItem(id, { title: 'From my desk' })
  await expect(row(page, id)).toContainText('From my desk')
  await expect(change).toContainText('Changed by you')
  await expect(phone.getByRole('heading', { name: 'From my desk' })).toBeVisible()

  const taro = await people.register('taro')
  const { id: theirs } = await taro.createItem({ title: "Taro's", status: 'published' })
  await expect(page.getByTestId(`change-${theirs}`)).toContainText('Created by taro')
  await expect(row(page, theirs)).toHaveCount(0)

  await erase(phone)
  await expect(row(page, id)).toHaveCount(0)
  await expect(change).toContainText('Deleted or withdrawn')
  await expect(drafts).toContainText('0')
  await expectNotReloaded(page)
})

test('the page of an item shows what others make of it, and when it is gone', async ({
  page,
  me,
  openBrowser,
  people,
  watch,
}) => {
  const taro = await people.register('taro')
  const item = await me.createItem({ title: 'Beech', status: 'published' })
  await open(page, `/items/${item.id}`, 'Beech')
  const theirs = await (await openBrowser(taro)).newPage()
  await openForGood(theirs, `/items/${item.id}`, 'Beech')

  await me.updateItem(item.id, { title: 'Cedar', tags: ['wood'] })
  await expect(theirs.getByRole('heading', { level: 1, name: 'Cedar' })).toBeVisible()
  await expect(theirs.getByRole('link', { name: 'wood' })).toBeVisible()
  await expect(theirs.getByRole('status').getByText('Changed by hanako')).toBeAttached()
  await expect(page.getByRole('heading', { level: 1, name: 'Cedar' })).toBeVisible()

  watch.expect(`403 GET /api/v1/items/${item.id}`, `404 GET /api/v1/items/${item.id}`)
  await me.updateItem(item.id, { status: 'draft' })
  await expect(theirs.getByRole('heading', { name: 'You may not see this item' })).toBeVisible()
  await me.updateItem(item.id, { status: 'published' })
  await expect(theirs.getByRole('heading', { level: 1, name: 'Cedar' })).toBeVisible()
  await erase(page)
  await expect(theirs.getByRole('heading', { name: 'This item was deleted' })).toBeVisible()
  await expectNotReloaded(theirs)
  await theirs.getByRole('link', { name: 'All items' }).click()
  await expect(theirs).toHaveURL('/items')
})

test.describe('who edits an item', () => {
  test('hears of a newer version, looks at it, and saves theirs', async ({ page, me, people }) => {
    const chief = await people.setUp('ichiro')
    const item = await me.createItem({ title: 'Beech', description: 'Both begin with this.' })
    await open(page, `/items/${item.id}/edit`, 'Edit item')
    const title = page.getByTestId('item-title')
    await title.press('End')
    await title.pressSequentially(' and oak')

    await chief.updateItem(item.id, { title: 'Cedar', description: 'Dry it first.' })
    const notice = page.getByTestId('edit-notice')
    await expect(notice).toContainText('Meanwhile this item was changed by someone else.')
    await expect(title).toBeFocused()
    await expect(title).toHaveValue('Beech and oak')

    await notice.getByRole('button', { name: 'Show' }).click()
    const dialog = page.getByRole('dialog', { name: 'Someone else saved this item meanwhile' })
    await expect(dialog).toContainText('Beech and oak')
    await expect(dialog).toContainText('Cedar')
    await dialog.getByRole('button', { name: 'Save mine' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Beech and oak' })).toBeVisible()
    const saved = { title: 'Beech and oak', description: 'Dry it first.', version: 3 }
    expect((await me.items())[0]).toMatchObject(saved)
  })

  test('loads a newer version where nothing was entered yet', async ({ page, me }) => {
    const item = await me.createItem({ title: 'Beech' })
    await open(page, `/items/${item.id}/edit`, 'Edit item')
    await me.updateItem(item.id, { title: 'Cedar' })
    const notice = page.getByTestId('edit-notice')
    await expect(notice).toContainText('You changed this item in another window.')
    await expect(page.getByTestId('item-title')).toHaveValue('Beech')
    await notice.getByRole('button', { name: 'Load it' }).click()
    await expect(page.getByTestId('item-title')).toHaveValue('Cedar')
    await expect(notice).toBeEmpty()
  })

  test('keeps what was written when it is deleted', async ({ page, me, openBrowser, watch }) => {
    const item = await me.createItem({ title: 'Beech' })
    await open(page, `/items/${item.id}/edit`, 'Edit item')
    await page.getByTestId('item-description').fill('Long thought about')
    const elsewhere = await (await openBrowser(me)).newPage()
    await open(elsewhere, `/items/${item.id}`, 'Beech')
    watch.expect(`404 GET /api/v1/items/${item.id}`)
    await erase(elsewhere)

    await expect(page.getByTestId('edit-notice')).toContainText('This item is gone.')
    await expect(page.getByTestId('item-description')).toHaveValue('Long thought about')
    await page.getByRole('button', { name: 'Save as a new item' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Beech' })).toBeVisible()
    expect(await me.items()).toMatchObject([{ description: 'Long thought about', version: 1 }])
  })
})

test('who was offline has everything when the connection is back', async ({ page, me }) => {
  const kept = await me.createItem({ title: 'Beech' })
  const gone = await me.createItem({ title: 'Oak' })
  await open(page, '/items?status=draft', 'Items')
  await expect(row(page, kept.id)).toBeVisible()
  // What is fetched once more when the live connection stands would fail, and be reported.
  await page.waitForLoadState('networkidle')

  await page.context().setOffline(true)
  await expect(page.getByText('No connection.')).toBeVisible()
  await me.updateItem(kept.id, { title: 'Cedar' })
  await me.updateItem(gone.id, { status: 'archived' })
  const fresh = await me.createItem({ title: 'Written meanwhile' })
  await page.context().setOffline(false)

  await expect(row(page, fresh.id)).toContainText('Written meanwhile')
  await expect(row(page, kept.id)).toContainText('Cedar')
  await expect(row(page, gone.id)).toHaveCount(0)
})
