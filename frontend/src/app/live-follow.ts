import { type App, type EffectScope, effectScope, watch } from 'vue'
import type { FeatureModule } from '@/shared/lib/feature'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'

/**
 * Keeps the live connection, and runs what listens to it, from the sign-in to the end of the session.
 * All of that is loaded only then.
 */
export function followLive(app: App, features: readonly FeatureModule[]): void {
  const session = useSessionStore()
  const errors = useErrorStore()
  const listeners: Pick<FeatureModule, 'name' | 'live'>[] = [
    { name: 'app', live: () => import('./live') },
    ...features,
  ]

  async function run(load: () => Promise<{ start(): void }>, name: string, scope: EffectScope) {
    try {
      const { start } = await load()
      if (scope.active) app.runWithContext(() => scope.run(start))
    } catch (error) {
      errors.handleApiError(error, `${name}.live`)
    }
  }

  /** Connects when everyone listens, so that nobody misses the beginning. */
  async function begin(scope: EffectScope): Promise<void> {
    await Promise.all(listeners.map(({ name, live }) => live && run(live, name, scope)))
    const connect = async () => {
      const { useRealtimeStore } = await import('@/realtime')
      return { start: () => useRealtimeStore().connect() }
    }
    await run(connect, 'app', scope)
  }

  watch(
    () => session.user?.id,
    (id, _before, onCleanup) => {
      if (id === undefined) return
      const scope = effectScope(true)
      onCleanup(() => scope.stop())
      void begin(scope)
    },
    { immediate: true },
  )
}
