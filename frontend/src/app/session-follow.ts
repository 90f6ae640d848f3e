import { useQueryCache } from '@pinia/colada'
import { watch } from 'vue'
import type { RouteLocationRaw, Router } from 'vue-router'
import { onSessionEnd } from '@/shared/stores/reset'
import { useSessionStore } from '@/shared/stores/session'
import { loginFor } from './router/guards'
import { safeRedirect } from './router/redirect'

/**
 * Moves with the session, whichever tab changed it: from a page for guests on to the target after a
 * sign-in, and to the login when the session is over. What was loaded for a person goes with them.
 */
export function followSession(router: Router): void {
  const session = useSessionStore()
  const queries = useQueryCache()

  onSessionEnd(() => {
    for (const entry of queries.getEntries()) {
      queries.cancel(entry)
      queries.remove(entry)
    }
  })

  watch(
    () => session.status,
    (status, before) => {
      if (before === 'unknown') return
      const route = router.currentRoute.value
      if (status === 'signed-in' && route.meta.guestOnly) {
        void router.replace(safeRedirect(route.query.redirect))
      }
      if (status === 'signed-out' && !route.meta.public) {
        leaveFor(router, session.endReason === 'ended' ? loginFor(route) : { name: 'login' })
      }
    },
  )
}

/**
 * Leaves the page of a session that is over. What it shows must not stay on the screen, even if the
 * login can't be loaded for lack of a connection.
 */
function leaveFor(router: Router, login: RouteLocationRaw): void {
  router.replace(login).catch(() => {
    const { path, query } = router.resolve(login)
    return router.replace({ name: 'unavailable', params: { rest: path.slice(1) }, query })
  })
}
