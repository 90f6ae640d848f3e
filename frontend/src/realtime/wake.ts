export interface WakeEvents {
  /** It is worth trying now: the network is back, or someone looks at the tab, which may have slept. */
  onBack(): void
  /** The network is gone, as far as the browser can tell. */
  onGone(): void
}

/** Listens to what says more about the network than a timer; returns how to stop that. */
export function onWake({ onBack, onGone }: WakeEvents): () => void {
  const controller = new AbortController()
  const { signal } = controller
  addEventListener('online', onBack, { signal })
  addEventListener('offline', onGone, { signal })
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') onBack()
    },
    { signal },
  )
  return () => controller.abort()
}
