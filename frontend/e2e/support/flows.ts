import { expect, type Page } from '@playwright/test'
import type { Person } from './people'

/** Fills in the login that is on the screen, and sends it. */
export async function signIn(
  page: Page,
  { username, password }: Pick<Person, 'username' | 'password'>,
): Promise<void> {
  await expect(page.getByTestId('login-button')).toBeVisible()
  await page.getByTestId('username').fill(username)
  await page.getByTestId('password').fill(password)
  await page.getByTestId('login-button').click()
}

export async function signOut(page: Page): Promise<void> {
  await page.getByTestId('user-menu').click()
  await page.getByTestId('logout-button').click()
  await expect(page.getByTestId('login-button')).toBeVisible()
}

/** Loads a page and waits until its heading stands. */
export async function open(page: Page, path: string, heading: string | RegExp): Promise<void> {
  await page.goto(path)
  await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible()
}

/** Presses Tab until the element has the focus, as someone without a mouse does. */
export async function tabTo(page: Page, testId: string): Promise<void> {
  const target = page.getByTestId(testId)
  for (let presses = 0; presses < 40; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`The Tab key doesn't reach ${testId}`)
}
