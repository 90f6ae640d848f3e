import { watch } from 'vue'
import type { Router } from 'vue-router'
import { toAppError } from '@/api'
import { http } from '@/api/instance'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'
import { askForAccount } from './account'
import { useNavigationStore } from './router/navigation'

/** A request that the account may not make; one that only wants a proof first gives a reason. */
function isRefusal(thrown: unknown): boolean {
  const { status, details } = toAppError(thrown)
  return status === 403 && details.reason === undefined
}

/**
 * Keeps up with what the signed-in person may do, which an administrator can change at any time. A
 * request that is refused makes us ask anew, and each renewal of the session tells by itself. Then
 * the menu changes, and a page that is no longer theirs, or has just become so, with it. Returns how
 * to stop that.
 */
export function followPermissions(router: Router): () => void {
  const session = useSessionStore()
  const navigation = useNavigationStore()

  const interceptor = http.interceptors.response.use(undefined, (thrown: unknown) => {
    if (isRefusal(thrown)) void askForAccount()
    throw thrown
  })

  async function adapt(): Promise<void> {
    await navigation.load()
    const { name, meta, path, query, hash } = router.currentRoute.value
    const isGranted = navigation.entries?.some((entry) => entry.name === meta.page)
    if (name === 'forbidden' || (meta.page !== undefined && !isGranted)) {
      await router.replace({ path, query, hash, force: true })
    }
  }

  const stopWatching = watch(
    () => session.permissions.join(),
    async () => {
      // Whoever has just signed in has no menu yet, and gets the right one.
      if (!session.isSignedIn || navigation.entries === null) return
      try {
        await adapt()
      } catch (error) {
        useErrorStore().handleApiError(error, 'navigation')
      }
    },
  )

  return () => {
    stopWatching()
    http.interceptors.response.eject(interceptor)
  }
}
