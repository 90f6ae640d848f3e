import { useDocumentVisibility, useIntervalFn } from '@vueuse/core'

/** Calls `poll` every `interval` milliseconds while the page can be seen. */
export function usePolling(poll: () => void, interval: number): void {
  const visibility = useDocumentVisibility()
  useIntervalFn(() => {
    if (visibility.value === 'visible') poll()
  }, interval)
}
