import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, type Page } from '@playwright/test'
import type Axe from 'axe-core'

declare const axe: typeof Axe

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** WCAG 2.0 to 2.2, levels A and AA. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']

/** Fails with what axe found and where, in a few lines instead of its whole report. */
export async function expectAccessible(page: Page): Promise<void> {
  // There are no frames, for whose sake axe's own builder goes to and fro between the page and here.
  await page.evaluate(AXE)
  const found = await page.evaluate(async (runOnly) => {
    const { violations } = await axe.run(document, { runOnly, resultTypes: ['violations'] })
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id} (${help}) at ${target.join(' ')}: ${failureSummary}`,
      ),
    )
  }, TAGS)
  expect.soft(found, `axe at ${page.url()}`).toEqual([])
}

/** A test id that stands twice in a page, once hidden for instance, makes every test of it a riddle. */
export async function expectUniqueTestIds(page: Page): Promise<void> {
  const twice = await page.evaluate(() => {
    const ids = [...document.querySelectorAll<HTMLElement>('[data-testid]')].map(
      (element) => element.dataset.testid,
    )
    return ids.filter((id, at) => ids.indexOf(id) !== at)
  })
  expect.soft(twice, `test ids of ${page.url()}`).toEqual([])
}

/** Nothing may be cut off or need scrolling sideways. */
export async function expectFits(page: Page): Promise<void> {
  const { scrollWidth, clientWidth } = await page
    .locator('html')
    .evaluate((root) => ({ scrollWidth: root.scrollWidth, clientWidth: root.clientWidth }))
  expect.soft(scrollWidth, `${page.url()} scrolls sideways`).toBeLessThanOrEqual(clientWidth)
}
