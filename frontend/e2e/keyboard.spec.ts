import { open, tabTo } from './support/flows'
import { expect, test } from './support/test'
import { SIZES } from './support/tour'

test.use({ visitor: 'member' })

test('the first Tab offers the way past the menu', async ({ page }) => {
  await open(page, '/', 'Hello, hanako')
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', { name: 'Skip to the content' })
  await expect(skip).toBeFocused()
  await expect(skip).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByTestId('load-data')).toBeFocused()
})

test('an item can be written without a mouse', async ({ page, me }) => {
  await open(page, '/', 'Hello, hanako')
  await tabTo(page, 'create-item')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'New item' })).toBeVisible()
  await expect(page.getByRole('main')).toBeFocused()

  await tabTo(page, 'item-title')
  await page.keyboard.type('Without a mouse')
  await page.keyboard.press('Tab')
  await expect(page.getByTestId('item-description')).toBeFocused()
  await page.keyboard.type('By keys alone')
  await tabTo(page, 'save-item')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Without a mouse' })).toBeVisible()
  expect(await me.items()).toMatchObject([
    { title: 'Without a mouse', description: 'By keys alone', status: 'draft' },
  ])
})

test('a dialog keeps the focus inside and gives it back', async ({ page, me }) => {
  const item = await me.createItem({ title: 'To stay' })
  await open(page, `/items/${item.id}`, 'To stay')
  await tabTo(page, 'delete-item')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Delete this item?' })
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  // Between the last element and the first one Chromium's own tool bar has its turn.
  for (let presses = 0; presses < 6; presses += 1) {
    await page.keyboard.press('Tab')
    const outside = page.locator('main :focus').and(page.locator(':not(dialog *)'))
    await expect(outside).toHaveCount(0)
  }
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(page.getByTestId('delete-item')).toBeFocused()
  expect(await me.items()).toHaveLength(1)
})

test('leaving a form with changes asks first', async ({ page }) => {
  await open(page, '/', 'Hello, hanako')
  await page.getByTestId('create-item').click()
  await page.getByTestId('item-title').fill('Half-written')
  await page.getByRole('navigation').getByRole('link', { name: 'Items' }).click()
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Keep editing' }).click()
  await expect(page.getByTestId('item-title')).toHaveValue('Half-written')
  await page.getByRole('navigation').getByRole('link', { name: 'Items' }).click()
  await dialog.getByRole('button', { name: 'Leave' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Items' })).toBeVisible()
})

test('the account menu is worked by the arrow keys', async ({ page }) => {
  await open(page, '/', 'Hello, hanako')
  await tabTo(page, 'user-menu')
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('menuitemradio', { name: 'Like the system' })).toBeFocused()
  await page.keyboard.press('End')
  await expect(page.getByTestId('logout-button')).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('menuitemradio', { name: 'Like the system' })).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('menu')).toBeHidden()
  await expect(page.getByTestId('user-menu')).toBeFocused()
})

test.describe('on a phone', () => {
  test.use({ viewport: SIZES.phone, hasTouch: true, isMobile: true })

  test('the drawer opens and closes by keys and holds the focus', async ({ page }) => {
    await open(page, '/', 'Hello, hanako')
    const menu = page.getByRole('navigation', { name: 'Main' })
    const button = page.getByRole('button', { name: 'Open menu' })
    await expect(menu).toBeHidden()
    await button.press('Enter')
    await expect(menu).toBeVisible()
    await expect(page.getByRole('button', { name: 'Close menu' })).toBeFocused()
    for (let presses = 0; presses < 8; presses += 1) {
      await page.keyboard.press('Tab')
      await expect(page.locator('main :focus, header :focus')).toHaveCount(0)
    }
    await page.keyboard.press('Escape')
    await expect(menu).toBeHidden()
    await expect(button).toBeFocused()
  })

  test('the drawer opens and closes by touch', async ({ page }) => {
    await open(page, '/', 'Hello, hanako')
    const menu = page.getByRole('navigation', { name: 'Main' })
    await page.getByRole('button', { name: 'Open menu' }).tap()
    await expect(menu).toBeVisible()
    await page.touchscreen.tap(SIZES.phone.width - 10, 400)
    await expect(menu).toBeHidden()
    await page.getByRole('button', { name: 'Open menu' }).tap()
    await menu.getByRole('link', { name: 'Items' }).tap()
    await expect(page.getByRole('heading', { level: 1, name: 'Items' })).toBeVisible()
    await expect(menu).toBeHidden()
  })

  test('every control is large enough for a finger', async ({ page, me }) => {
    const item = await me.createItem({ title: 'Touch', tags: ['紙', 'b'] })
    for (const path of ['/', '/items', '/items/new', `/items/${item.id}`, '/settings']) {
      await page.goto(path)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await expect(page.locator('.skeleton')).toHaveCount(0)
      const small = await page
        .locator('button, select, .input, .textarea, .btn:not(.sr-only)')
        .filter({ visible: true })
        .evaluateAll((controls) =>
          controls
            .filter((control) => {
              const { width, height } = control.getBoundingClientRect()
              return width < 43.5 || height < 43.5
            })
            .map((control) => control.outerHTML.slice(0, 120)),
        )
      expect.soft(small, path).toEqual([])
    }
  })
})
