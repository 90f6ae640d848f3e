import { onBeforeUnmount, onMounted } from 'vue'

/** Calls `poll` every `interval` milliseconds while the page can be seen. */
export function usePolling(poll: () => void, interval: number): void {
  let timer: ReturnType<typeof setInterval> | undefined
  onMounted(() => {
    timer = setInterval(() => {
      if (document.visibilityState === 'visible') poll()
    }, interval)
  })
  onBeforeUnmount(() => clearInterval(timer))
}
