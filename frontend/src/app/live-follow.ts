import { type App, effectScope, watch } from 'vue'
import type { FeatureModule } from '@/shared/lib/feature'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'

/** Runs what features keep up with while someone is signed in, from the sign-in to the end of the session. */
export function followLive(app: App, features: readonly FeatureModule[]): void {
  const session = useSessionStore()
  const errors = useErrorStore()

  watch(
    () => session.user?.id,
    (id, _before, onCleanup) => {
      if (id === undefined) return
      const scope = effectScope(true)
      onCleanup(() => scope.stop())
      for (const { name, live } of features) {
        live?.()
          .then(({ start }) => scope.active && app.runWithContext(() => scope.run(start)))
          .catch((error) => errors.handleApiError(error, `${name}.live`))
      }
    },
    { immediate: true },
  )
}
