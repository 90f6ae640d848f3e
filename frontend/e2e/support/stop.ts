import { expect, type Page } from '@playwright/test'

/** One view of the application. */
export interface Stop {
  name: string
  path: string
  /**
   * To be loaded and not walked to: it is about the start of the application, its frame, its live
   * connection, or what the application keeps while other pages are open.
   */
  fresh?: boolean
  /** What to prepare before going there, such as requests that fail. */
  arrange?: (page: Page) => Promise<void>
  /** What to do there before looking. */
  act?: (page: Page) => Promise<void>
  /** What the page must show to be complete. */
  ready: (page: Page) => Promise<void>
  /** Failed requests that belong to it. */
  trouble?: string[]
}

/** Requests that match get no answer for as long as anyone looks. */
export const hold = (url: string) => async (page: Page) => {
  await page.route(url, () => undefined)
}

/** Requests that match fail as they do when the server has a bad day. */
export const fail = (url: string) => async (page: Page) => {
  await page.route(url, (route) => route.fulfill({ status: 500, body: '' }))
}

export const heading = (page: Page) => expect(page.getByRole('heading', { level: 1 })).toBeVisible()
export const testId = (id: string) => (page: Page) =>
  expect(page.getByTestId(id).first()).toBeVisible()
const noSkeleton = (page: Page) => expect(page.locator('.skeleton')).toHaveCount(0)

export async function complete(page: Page): Promise<void> {
  await heading(page)
  await noSkeleton(page)
}

export async function dialogOpen(page: Page): Promise<void> {
  await expect(page.getByRole('dialog')).toBeVisible()
}
