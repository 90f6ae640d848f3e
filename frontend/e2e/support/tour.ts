import type { Page } from '@playwright/test'
import type { Stop } from './stop'
import { leave, start, walk } from './walk'

export const SIZES = {
  phone: { width: 390, height: 844 },
  tablet: { width: 820, height: 1180 },
  desktop: { width: 1440, height: 900 },
} as const

export type Theme = 'washi' | 'sumi'

export interface Look {
  theme: Theme
  language: 'en' | 'ja'
}

/** Makes every page load from now on use this theme and language. */
export async function dress(page: Page, look: Look): Promise<void> {
  await page.addInitScript((preferences) => {
    localStorage.setItem('musubi.preferences', JSON.stringify(preferences))
  }, look)
}

/** Changes the theme of the page that is open, just as the application does it. */
export async function wear(page: Page, theme: Theme): Promise<void> {
  await page.locator('html').evaluate((root, name) => (root.dataset.theme = name), theme)
}

/** Goes to a stop and waits until there is everything to see. */
export async function visit(page: Page, stop: Stop): Promise<void> {
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  if (stop.fresh) {
    await stop.arrange?.(page)
    await page.goto(stop.path)
  } else {
    // Before anything is arranged: what is routed is loaded without the browser's cache.
    if (!(await leave(page))) await start(page)
    await stop.arrange?.(page)
    await walk(page, stop.path)
  }
  await stop.act?.(page)
  await stop.ready(page)
}
