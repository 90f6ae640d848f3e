/** So many at once, then one per interval: well within what the server takes from one connection. */
const BURST = 10
const INTERVAL_MS = 250

export interface Pace {
  /** Does what `task` does, now or as soon as it is its turn. */
  run(task: () => void): void
  /** Forgets what has not had its turn. */
  clear(): void
}

/** Spreads what would come all at once, after a reconnect for one, in the order in which it came. */
export function createPace(): Pace {
  const tasks: (() => void)[] = []
  let allowance = BURST
  let timer: ReturnType<typeof setInterval> | undefined

  function work(): void {
    while (allowance > 0 && tasks.length > 0) {
      allowance -= 1
      tasks.shift()!()
    }
  }

  function tick(): void {
    allowance += 1
    work()
    if (allowance < BURST) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    run(task) {
      tasks.push(task)
      timer ??= setInterval(tick, INTERVAL_MS)
      work()
    },
    clear() {
      tasks.length = 0
    },
  }
}
