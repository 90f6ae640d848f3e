import { onBeforeUnmount, onMounted, readonly, type Ref, ref } from 'vue'

const STEP_MS = 30_000

const now = ref<number>(Date.now())
let readers = 0
let timer: ReturnType<typeof setInterval> | undefined

function tick(): void {
  now.value = Date.now()
}

/** The time by `Date.now()`, for texts such as "5 minutes ago"; it goes on every half minute. */
export function useClock(): Readonly<Ref<number>> {
  onMounted(() => {
    readers += 1
    if (readers > 1) return
    tick()
    timer = setInterval(tick, STEP_MS)
  })
  onBeforeUnmount(() => {
    readers -= 1
    if (readers === 0) clearInterval(timer)
  })
  return readonly(now)
}
