import { useEventListener } from '@vueuse/core'
import { ref, watch } from 'vue'
import { onBeforeRouteLeave, onBeforeRouteUpdate, type RouteLocationNormalized } from 'vue-router'
import { useSessionStore } from '@/shared/stores/session'

/**
 * Asks before unsaved changes are lost: `asking` opens a dialog for a way within the application, the
 * browser asks by itself when the page is closed or loaded again.
 */
export function useLeaveGuard(isDirty: () => boolean) {
  const session = useSessionStore()
  const asking = ref(false)
  let decide: ((leave: boolean) => void) | null = null

  function answer(leave: boolean) {
    decide?.(leave)
    decide = null
    asking.value = false
  }

  function guard(to: RouteLocationNormalized, from: RouteLocationNormalized) {
    // Without a session there is nothing left to save to, and the login must not be held up.
    if (to.path === from.path || !session.isSignedIn || !isDirty()) return true
    answer(false)
    asking.value = true
    return new Promise<boolean>((resolve) => {
      decide = resolve
    })
  }

  onBeforeRouteLeave(guard)
  onBeforeRouteUpdate(guard)
  useEventListener(window, 'beforeunload', (event) => {
    if (isDirty()) event.preventDefault()
  })

  // Closing the dialog in any other way means to stay.
  watch(asking, (open) => {
    if (!open) answer(false)
  })

  return { asking, leave: () => answer(true) }
}
