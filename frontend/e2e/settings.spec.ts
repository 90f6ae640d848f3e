import type { Page } from '@playwright/test'
import { open, signOut } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

const background = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)

test('a profile is saved and shown everywhere', async ({ page }) => {
  await open(page, '/settings', 'Settings')
  await page.getByTestId('full-name').fill('山田花子')
  await page.getByTestId('bio').fill('組子細工の職人です。')
  await page.getByTestId('save-profile').click()
  await expect(page.getByText('Saved')).toBeVisible()
  await expect(page.getByTestId('user-menu')).toContainText('山田花子')
  await page.reload()
  await expect(page.getByTestId('bio')).toHaveValue('組子細工の職人です。')
  await page.getByTestId('full-name').fill('')
  await page.getByTestId('save-profile').click()
  await expect(page.getByTestId('user-menu')).toContainText('hanako')
})

test('the theme changes at once and stays', async ({ page }) => {
  await open(page, '/settings#appearance', 'Settings')
  const root = page.locator('html')
  const light = await background(page)
  await page.getByRole('radio', { name: 'Dark' }).check()
  await expect(root).toHaveAttribute('data-theme', 'sumi')
  const dark = await background(page)
  expect(dark).not.toBe(light)

  await page.reload()
  await expect(root).toHaveAttribute('data-theme', 'sumi')
  await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked()
  await signOut(page)
  await expect(root).toHaveAttribute('data-theme', 'sumi')
  expect(await background(page)).toBe(dark)

  await page.getByRole('button', { name: 'Theme and language' }).click()
  await page.getByRole('menuitemradio', { name: 'Like the system' }).click()
  await expect(root).not.toHaveAttribute('data-theme')
  expect(await background(page)).toBe(light)
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(() => background(page)).toBe(dark)
})

test('the language changes at once and stays, and the server follows', async ({ page }) => {
  const root = page.locator('html')
  const menu = page.getByRole('navigation').first()
  await open(page, '/settings#language', 'Settings')
  await expect(root).toHaveAttribute('lang', 'en')
  await page.getByRole('radio', { name: '日本語' }).check()
  await expect(page.getByRole('heading', { level: 1, name: '設定' })).toBeVisible()
  await expect(root).toHaveAttribute('lang', 'ja')
  await expect(page).toHaveTitle('表示の設定 · Musubi')
  await expect(menu.getByRole('link')).toHaveText([
    'ダッシュボード',
    'アイテム',
    'ファイル',
    'ルーム',
    '設定',
  ])

  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: '設定' })).toBeVisible()
  await expect(root).toHaveAttribute('lang', 'ja')

  await page.getByTestId('user-menu').click()
  await page.getByRole('menuitemradio', { name: 'English' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible()
  await expect(root).toHaveAttribute('lang', 'en')
  await expect(menu.getByRole('link')).toHaveText([
    'Dashboard',
    'Items',
    'Files',
    'Rooms',
    'Settings',
  ])
})
