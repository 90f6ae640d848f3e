import type { Page } from '@playwright/test'
import { compose } from './support/input-method'
import { PASSWORD } from './support/people'
import { expect, test } from './support/test'

test.use({ locale: 'ja-JP' })

const titles = (page: Page) => page.getByTestId(/^item-\d+$/u).getByRole('link')

test('a Japanese browser gets the application in Japanese, from end to end', async ({
  page,
  context,
  watch,
}) => {
  const session = await context.newCDPSession(page)
  await page.goto('/register')
  await expect(page.getByRole('heading', { level: 1, name: 'アカウントの作成' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'ja')
  await page.getByTestId('register-button').click()
  await expect(page.getByTestId('username')).toHaveAccessibleDescription(/入力してください。/u)

  await page.getByTestId('username').focus()
  await compose(session, ['は', 'はな', 'はなこ'], '花子さん')
  await page.getByTestId('email').fill('hanako@example.org')
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('register-button').click()
  await expect(
    page.getByRole('heading', { level: 1, name: '花子さんさん、こんにちは' }),
  ).toBeVisible()
  await expect(page.getByRole('navigation', { name: 'メイン' }).getByRole('link')).toHaveText([
    'ダッシュボード',
    'アイテム',
    'ファイル',
    'ルーム',
    '設定',
  ])

  await page.getByTestId('create-item').click()
  await expect(page.getByRole('heading', { level: 1, name: 'アイテムの作成' })).toBeVisible()
  await page.getByTestId('item-title').focus()
  await compose(session, ['わ', 'わし', 'わしの', 'わしのはっちゅう'], '和紙の発注')
  await expect(page.getByTestId('item-title')).toHaveValue('和紙の発注')
  await page.getByTestId('item-tags').focus()
  await compose(session, ['か', 'かみ'], '紙')
  await page.keyboard.press('Enter')
  await compose(session, ['い', 'いそ', 'いそぎ'], '急ぎ、')
  await expect(page.getByRole('button', { name: '紙 を外す' })).toBeVisible()
  await expect(page.getByRole('button', { name: '急ぎ を外す' })).toBeVisible()
  await page.getByTestId('save-item').click()
  await expect(page.getByRole('heading', { level: 1, name: '和紙の発注' })).toBeVisible()
  await expect(page.getByText('アイテムを作成しました。')).toBeVisible()

  watch.expect('404 GET /api/v1/items/999999')
  await page.goto('/items/999999')
  await expect(page.getByRole('heading', { name: 'アイテムが見つかりません' })).toBeVisible()
})

test('a search waits until a word is composed, and finds it however it was written', async ({
  page,
  context,
  people,
}) => {
  const session = await context.newCDPSession(page)
  const hanako = await people.register('hanako')
  // The second one is written with a combining mark, as some systems do.
  await hanako.createItem({ title: '和紙の発注', status: 'published' })
  await hanako.createItem({ title: 'ガラスの器'.normalize('NFD'), status: 'published' })
  await page.goto('/login?redirect=/items')
  await page.getByTestId('username').fill('hanako')
  await page.getByTestId('password').fill(PASSWORD)
  await page.getByTestId('login-button').click()
  await expect(titles(page)).toHaveCount(2)

  const searches: string[] = []
  page.on('request', (request) => {
    const term = new URL(request.url()).searchParams.get('search')
    if (term) searches.push(term)
  })
  await page.getByRole('search').getByRole('textbox').focus()
  await compose(session, ['g', 'が', 'がr', 'がら', 'がらs', 'がらす'], 'ガラス')
  await expect(titles(page)).toHaveCount(1)
  await expect(titles(page)).toContainText('器')
  expect(searches).toEqual(['ガラス'])
})
