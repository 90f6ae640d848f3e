import type { BrowserContext, Page } from '@playwright/test'
import type { ItemRead } from '../src/api/generated/types.gen'
import type { Person } from './support/people'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const CONFLICT = 'Someone else saved this item meanwhile'

async function edit(context: BrowserContext, item: ItemRead): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`/items/${item.id}/edit`)
  await expect(page.getByTestId('item-title')).toHaveValue(item.title)
  return page
}

/** Two pages edit the same version of an item; the first one saves. Returns the second one. */
async function collide(context: BrowserContext, me: Person): Promise<{ id: number; late: Page }> {
  const item = await me.createItem({ title: '納期を確認', description: 'Both begin with this.' })
  const late = await edit(context, item)
  const early = await edit(context, item)
  await early.getByTestId('item-title').fill('納期は金曜日')
  await early.getByTestId('save-item').click()
  await expect(early.getByRole('heading', { name: '納期は金曜日' })).toBeVisible()
  await late.getByTestId('item-title').fill('納期は月曜日')
  await late.getByTestId('save-item').click()
  await expect(late.getByRole('dialog', { name: CONFLICT })).toBeVisible()
  return { id: item.id, late }
}

test.describe('who saves second sees both versions', () => {
  test.beforeEach(({ watch }) => watch.expect(/^412 PATCH /u))

  test('and can save their own', async ({ context, me }) => {
    const { late } = await collide(context, me)
    const dialog = late.getByRole('dialog', { name: CONFLICT })
    await expect(dialog).toContainText('納期は金曜日')
    await expect(dialog).toContainText('納期は月曜日')
    await expect(dialog).not.toContainText('Both begin with this.')
    await dialog.getByRole('button', { name: 'Save mine' }).click()
    await expect(late.getByRole('heading', { name: '納期は月曜日' })).toBeVisible()
    expect((await me.items())[0]).toMatchObject({ title: '納期は月曜日', version: 3 })
  })

  test('and can take the other one', async ({ context, me }) => {
    const { late } = await collide(context, me)
    await late.getByRole('button', { name: 'Discard mine and load theirs' }).click()
    await expect(late.getByRole('dialog')).toBeHidden()
    await expect(late.getByTestId('item-title')).toHaveValue('納期は金曜日')
    await late.getByTestId('item-description').fill('Agreed.')
    await late.getByTestId('save-item').click()
    await expect(late.getByText('Agreed.')).toBeVisible()
    expect((await me.items())[0]).toMatchObject({ title: '納期は金曜日', description: 'Agreed.' })
  })

  test('and can think about it first', async ({ context, me }) => {
    const { late } = await collide(context, me)
    await late.keyboard.press('Escape')
    await expect(late.getByRole('dialog')).toBeHidden()
    await expect(late.getByTestId('item-title')).toHaveValue('納期は月曜日')
    expect((await me.items())[0]).toMatchObject({ title: '納期は金曜日', version: 2 })
    await late.getByTestId('save-item').click()
    await late.getByRole('button', { name: 'Save mine' }).click()
    await expect(late.getByRole('heading', { name: '納期は月曜日' })).toBeVisible()
  })

  test('and what only one of them touched is kept', async ({ context, me }) => {
    const item = await me.createItem({ title: 'Title', description: 'Text' })
    const late = await edit(context, item)
    await me.updateItem(item.id, { title: 'Their title' })
    await late.getByTestId('item-description').fill('My text')
    await late.getByTestId('save-item').click()
    await expect(late.getByRole('dialog', { name: CONFLICT })).toContainText(
      "in fields that you didn't change",
    )
    await late.getByRole('button', { name: 'Save mine' }).click()
    await expect(late.getByRole('heading', { name: 'Their title' })).toBeVisible()
    expect((await me.items())[0]).toMatchObject({ title: 'Their title', description: 'My text' })
  })
})

test('nothing is deleted that changed meanwhile', async ({ page, me, watch }) => {
  const item = await me.createItem({ title: 'Old' })
  await page.goto(`/items/${item.id}`)
  await page.getByTestId('delete-item').click()
  const dialog = page.getByRole('dialog', { name: 'Delete this item?' })
  await me.updateItem(item.id, { title: 'New' })
  watch.expect(/^412 DELETE /u)
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByTestId('error-notification')).toContainText('Someone changed this item')
  await expect(page.getByRole('heading', { name: 'New' })).toBeVisible()
  expect(await me.items()).toHaveLength(1)
})
