import type { useQueryCache } from '@pinia/colada'
import { expect, type Page } from '@playwright/test'
import type { Pinia } from 'pinia'
import type { Router } from 'vue-router'
import type { Language } from '../../src/shared/lib/languages'
import { heading } from './stop'

// oxlint-disable no-underscore-dangle -- So Vue and Pinia call it.

/*
 * Ways within the application that is open: they cost a fraction of loading it again, and all the
 * more of a page with routed requests, which the browser loads without its cache.
 */

/** What can be reached from the element that the application is mounted at. */
interface Root {
  __vue_app__: { config: { globalProperties: { $router: Router; $pinia: Pinia } } }
}

/** No page of the application: there is only the frame. */
const NOWHERE = '/nowhere'

/** What may stay in the frame of a page that is left: an open menu, a dialog, a notice, a banner. */
const LEFTOVERS = '[aria-expanded="true"], dialog[open], [role="status"] > *, [role="alert"] > *'

/** Loads the application, with nothing in its frame. */
export async function start(page: Page): Promise<void> {
  await page.goto(NOWHERE)
  await heading(page)
}

/**
 * Leaves the page that is open, and forgets what was loaded for it. False if that page asks not to be
 * left, or leaves something behind: then only a start makes the frame empty.
 */
export async function leave(page: Page): Promise<boolean> {
  const root = page.locator('#app')
  if ((await root.count()) === 0) return false
  const isLeft = await root.evaluate(async (element, nowhere) => {
    const { $router, $pinia } = (element as unknown as Root).__vue_app__.config.globalProperties
    if (!dispatchEvent(new Event('beforeunload', { cancelable: true }))) return false
    await $router.push(nowhere)
    const queries = $pinia._s.get('_pc_query') as unknown as ReturnType<typeof useQueryCache>
    for (const entry of queries.getEntries({ active: false })) {
      queries.cancel(entry)
      queries.remove(entry)
    }
    return true
  }, NOWHERE)
  return isLeft && (await page.locator(LEFTOVERS).count()) === 0
}

/** Chooses a language as the settings do. */
export async function speak(page: Page, language: Language): Promise<void> {
  await page.locator('#app').evaluate((element, chosen) => {
    const { $pinia } = (element as unknown as Root).__vue_app__.config.globalProperties
    ;($pinia.state.value.preferences as { language: Language }).language = chosen
  }, language)
  await expect(page.locator('html')).toHaveAttribute('lang', language)
}

/** Goes to a page of the application as its links do. */
export async function walk(page: Page, path: string): Promise<void> {
  await page.locator('#app').evaluate(async (element, to) => {
    const { $router } = (element as unknown as Root).__vue_app__.config.globalProperties
    await $router.push(to)
    // By the next frame the page stands.
    await new Promise(requestAnimationFrame)
  }, path)
}
