import type { RouteLocationNormalized, RouteLocationRaw, Router } from 'vue-router'
import { useSessionStore } from '@/shared/stores/session'
import { loadAppShell } from '../layouts/app-shell'
import type { Catalogue } from './catalogue'
import { useNavigationStore } from './navigation'
import { safeRedirect } from './redirect'

/** A page shown in place of another one, under the address that was asked for. */
function inPlace(name: string, to: RouteLocationNormalized): RouteLocationRaw {
  return {
    name,
    params: { rest: to.path.slice(1).split('/') },
    query: to.query,
    hash: to.hash,
    replace: true,
  }
}

export function loginFor(to: Pick<RouteLocationNormalized, 'fullPath'>): RouteLocationRaw {
  return { name: 'login', query: to.fullPath === '/' ? {} : { redirect: to.fullPath } }
}

/** The routes that are shown instead of others; going to one by name needs no further check. */
const IN_PLACE_ROUTES: readonly string[] = ['forbidden', 'unavailable']

/**
 * Decides each navigation: who is signed in, what they were granted, and what else to show. The
 * granted routes are added on the way, so that a deep link works on the first load.
 */
export function installGuards(router: Router, catalogue: Catalogue): void {
  const removers: (() => void)[] = []
  let grantedTo: readonly unknown[] | null = null

  /**
   * Makes the router's routes those of the latest grant. After a sign-out the old ones stay until
   * the next: nobody gets past the check below, and links of the page that is being left still
   * resolve.
   */
  function grant(): void {
    const { entries } = useNavigationStore()
    if (entries === null || entries === grantedTo) return
    for (const remove of removers.splice(0)) remove()
    for (const entry of entries) {
      for (const route of catalogue.routesOf(entry.name)) removers.push(router.addRoute(route))
    }
    grantedTo = entries
  }

  router.beforeEach(async (to) => {
    const session = useSessionStore()
    const navigation = useNavigationStore()
    if (IN_PLACE_ROUTES.includes(String(to.name))) return true

    let frame: Promise<void> | undefined
    try {
      await session.restore()
      if (session.isSignedIn) {
        // On its way at the same time as the menu that stands in it.
        if (!to.meta.public) frame = loadAppShell()
        if (navigation.entries === null) await navigation.load()
      }
    } catch {
      // The views say so and offer another attempt; a session that has ended shows as signed out.
      if (session.status !== 'signed-out') return to.meta.public ? true : inPlace('unavailable', to)
    }

    await frame
    const before = grantedTo
    // Without a session the old routes stay: until it is left, the page still on screen has links to them.
    if (session.isSignedIn) grant()
    if (to.meta.guestOnly && session.isSignedIn) return safeRedirect(to.query.redirect)
    if (to.meta.public) return true
    if (!session.isSignedIn) {
      return to.meta.page || catalogue.has(to.path) ? loginFor(to) : true
    }
    // What the path means may have changed with the grant: look it up again.
    if (before !== grantedTo)
      return { path: to.path, query: to.query, hash: to.hash, replace: true }
    if (to.name === 'not-found' && catalogue.has(to.path)) return inPlace('forbidden', to)
    return true
  })
}
