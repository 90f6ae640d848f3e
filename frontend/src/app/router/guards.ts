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
  let grantedTo: readonly unknown[] | null = null

  /**
   * Adds the routes of the latest grant. Those of earlier ones stay: nobody gets past the check
   * below, and links of the page that is being left still resolve.
   */
  function grant(): void {
    const { entries } = useNavigationStore()
    if (entries === null || entries === grantedTo) return
    for (const route of entries.flatMap(({ name }) => catalogue.routesOf(name))) {
      if (!router.hasRoute(route.name!)) router.addRoute(route)
    }
    grantedTo = entries
  }

  function isGranted({ meta }: RouteLocationNormalized): boolean {
    const { entries } = useNavigationStore()
    return meta.page === undefined || entries!.some(({ name }) => name === meta.page)
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
    if (session.isSignedIn) grant()
    if (to.meta.guestOnly && session.isSignedIn) return safeRedirect(to.query.redirect)
    if (to.meta.public) return true
    if (!session.isSignedIn) {
      return to.meta.page || catalogue.has(to.path) ? loginFor(to) : true
    }
    // What the path means may have changed with the grant: look it up again.
    if (before !== grantedTo)
      return { path: to.path, query: to.query, hash: to.hash, replace: true }
    if (!isGranted(to) || (to.name === 'not-found' && catalogue.has(to.path))) {
      return inPlace('forbidden', to)
    }
    return true
  })
}
