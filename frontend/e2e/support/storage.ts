import type { Page } from '@playwright/test'

/** Everything that a script of the page could read, but for the page's own memory. */
export function readableState(page: Page) {
  return page.evaluate(async () => ({
    local: { ...localStorage },
    session: { ...sessionStorage },
    cookie: document.cookie,
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    address: location.href,
    history: JSON.stringify(history.state),
  }))
}
