import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/** WCAG 2.0 to 2.2, levels A and AA. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']

/** Fails with what axe found and where, in a few lines instead of its whole report. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .options({ runOnly: TAGS, resultTypes: ['violations'] })
    // There are no frames, for whose sake it would open another page each time.
    .setLegacyMode()
    .analyze()
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id} (${help}) at ${target.join(' ')}: ${failureSummary}`,
    ),
  )
  expect.soft(found, `axe at ${page.url()}`).toEqual([])
}

/** A test id that stands twice in a page, once hidden for instance, makes every test of it a riddle. */
export async function expectUniqueTestIds(page: Page): Promise<void> {
  const ids = await page
    .locator('[data-testid]')
    .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-testid')))
  expect.soft(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
}

/** Nothing may be cut off or need scrolling sideways. */
export async function expectFits(page: Page): Promise<void> {
  const { scrollWidth, clientWidth } = await page
    .locator('html')
    .evaluate((root) => ({ scrollWidth: root.scrollWidth, clientWidth: root.clientWidth }))
  expect.soft(scrollWidth, `${page.url()} scrolls sideways`).toBeLessThanOrEqual(clientWidth)
}
