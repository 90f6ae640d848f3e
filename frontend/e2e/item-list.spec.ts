import type { Page } from '@playwright/test'
import type { ItemCreate } from '../src/api/generated/types.gen'
import { open } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const PAPER: ItemCreate[] = [
  { title: '和紙を注文する', tags: ['紙', '急ぎ'], status: 'published' },
  { title: '手紙の書き方', description: '封筒も用意', status: 'published' },
  { title: '帳簿を締める', tags: ['経理'] },
  { title: 'Order PAPER', description: 'A4, 100 %', tags: ['urgent'] },
  { title: 'Archive old plans', status: 'archived', tags: ['urgent'] },
]

const titles = (page: Page) => page.getByTestId(/^item-\d+$/u).getByRole('link')
const searchField = (page: Page) => page.getByRole('search').getByRole('textbox')

const SEARCHES: [string, string[]][] = [
  ['紙', ['手紙の書き方', '和紙を注文する']],
  ['和紙', ['和紙を注文する']],
  ['書き方', ['手紙の書き方']],
  ['封筒も', ['手紙の書き方']],
  ['経理', ['帳簿を締める']],
  ['paper', ['Order PAPER']],
  ['ｐｌａｎｓ', ['Archive old plans']],
  ['%', ['Order PAPER']],
]

test.describe('search', () => {
  test('finds what is in titles, texts and tags, in both languages', async ({ page, me }) => {
    for (const item of PAPER) await me.createItem(item)
    await open(page, '/items', 'Items')
    await expect(titles(page)).toHaveCount(PAPER.length)
    for (const [term, found] of SEARCHES) {
      await test.step(term, async () => {
        await searchField(page).fill(term)
        await expect(titles(page)).toHaveText(found)
        await expect(page).toHaveURL((url) => url.searchParams.get('search') === term)
      })
    }
    await page.reload()
    await expect(searchField(page)).toHaveValue('%')
    await expect(titles(page)).toHaveText(['Order PAPER'])
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await expect(titles(page)).toHaveCount(PAPER.length)
    await expect(page).toHaveURL('/items')
  })

  test('that finds nothing says so and offers the way back', async ({ page, me }) => {
    await me.createItem({ title: '和紙を注文する' })
    await open(page, '/items?search=洋紙&status=draft', 'Items')
    await expect(page.getByText('Nothing matches')).toBeVisible()
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await expect(titles(page)).toHaveText(['和紙を注文する'])
    await expect(page).toHaveURL('/items')
    await expect(searchField(page)).toHaveValue('')
  })
})

test('filters and order stand in the address and survive a reload and the way back', async ({
  page,
  me,
}) => {
  for (const item of PAPER) await me.createItem(item)
  const status = page.getByRole('combobox', { name: 'Status' })
  const tag = page.getByRole('combobox', { name: 'Tag' })
  const sort = page.getByRole('combobox', { name: 'Sort by' })

  await open(page, '/items', 'Items')
  await status.selectOption('Published')
  await expect(titles(page)).toHaveText(['手紙の書き方', '和紙を注文する'])
  await sort.selectOption('Oldest first')
  await expect(titles(page)).toHaveText(['和紙を注文する', '手紙の書き方'])
  await tag.selectOption('急ぎ (1)')
  await expect(titles(page)).toHaveText(['和紙を注文する'])
  const address = page.url()
  expect(Object.fromEntries(new URL(address).searchParams)).toEqual({
    status: 'published',
    sort: 'created_at',
    tag: '急ぎ',
  })

  async function expectSameList() {
    await expect(titles(page)).toHaveText(['和紙を注文する'])
    await expect(status).toHaveValue('published')
    await expect(sort).toHaveValue('created_at')
    await expect(tag).toHaveValue('急ぎ')
    await expect(page).toHaveURL(address)
  }

  await page.reload()
  await expectSameList()
  await titles(page).click()
  await expect(page.getByRole('heading', { name: '和紙を注文する' })).toBeVisible()
  await page.goBack()
  await expectSameList()
  await page.goForward()
  await expect(page.getByRole('heading', { name: '和紙を注文する' })).toBeVisible()
  await page.getByRole('link', { name: 'All items' }).click()
  await expectSameList()

  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(titles(page)).toHaveCount(PAPER.length)
  await expect(page).toHaveURL('/items?sort=created_at')
})

test('pages stand in the address, and a page that is gone leads to the last one', async ({
  page,
  me,
}) => {
  const count = 45
  await Promise.all(
    Array.from({ length: count }, (_, n) =>
      me.createItem({ title: `Item ${String(n + 1).padStart(2, '0')}` }),
    ),
  )
  const pages = page.getByRole('navigation', { name: 'Pages' })

  await open(page, '/items?sort=title', 'Items')
  await expect(page.getByText('45 items')).toBeVisible()
  await expect(titles(page)).toHaveCount(20)
  await expect(titles(page).first()).toHaveText('Item 01')
  await pages.getByRole('button', { name: 'Next' }).click()
  await expect(titles(page).first()).toHaveText('Item 21')
  await expect(page).toHaveURL('/items?sort=title&page=2')
  await page.reload()
  await expect(titles(page).first()).toHaveText('Item 21')

  await titles(page).first().click()
  await expect(page.getByRole('heading', { name: 'Item 21' })).toBeVisible()
  await page.goBack()
  await expect(pages).toContainText('Page 2 of 3')
  await expect(titles(page).first()).toHaveText('Item 21')

  await page.goto('/items?sort=title&page=9')
  await expect(page).toHaveURL('/items?sort=title&page=3')
  await expect(titles(page)).toHaveText(['Item 41', 'Item 42', 'Item 43', 'Item 44', 'Item 45'])
  await page.getByRole('combobox', { name: 'Sort by' }).selectOption('Title Z–A')
  await expect(titles(page).first()).toHaveText('Item 45')
  await expect(page).toHaveURL('/items?sort=-title')
})

test('shows what others published, and only mine on request', async ({ page, me, people }) => {
  const taro = await people.register('taro')
  await taro.createItem({ title: '太郎の公開メモ', status: 'published' })
  await taro.createItem({ title: '太郎の下書き' })
  await me.createItem({ title: '花子の下書き' })

  await open(page, '/items', 'Items')
  await expect(titles(page)).toHaveText(['花子の下書き', '太郎の公開メモ'])
  await page.getByLabel('Only mine').check()
  await expect(titles(page)).toHaveText(['花子の下書き'])
  await expect(page).toHaveURL('/items?mine=1')
  await page.reload()
  await expect(page.getByLabel('Only mine')).toBeChecked()
  await expect(titles(page)).toHaveText(['花子の下書き'])
})
