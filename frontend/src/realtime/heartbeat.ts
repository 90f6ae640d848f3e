/** How long a connection that may have died unnoticed has to prove that it lives, in milliseconds. */
const PROBE_MS = 5000

export interface Heartbeat {
  /** From now on ping so often, in milliseconds. */
  start(everyMs: number): void
  /** Something was heard. */
  heard(): void
  /** Ask at once, and don't wait as long for the answer: the network may have changed. */
  probe(): void
  stop(): void
}

/**
 * Pings, and calls `onLost` when nothing at all was heard between one ping and the next. By pings and not
 * by the clock: in a tab in the background, timers may be a minute late.
 */
export function createHeartbeat(ping: () => void, onLost: () => void): Heartbeat {
  let ticking: ReturnType<typeof setInterval> | undefined
  let probing: ReturnType<typeof setTimeout> | undefined
  let isUnanswered = false

  function beat(): void {
    if (isUnanswered) {
      onLost()
      return
    }
    isUnanswered = true
    ping()
  }

  function stop(): void {
    clearInterval(ticking)
    clearTimeout(probing)
    ticking = probing = undefined
  }

  return {
    start(everyMs) {
      stop()
      isUnanswered = false
      ticking = setInterval(beat, everyMs)
    },
    heard() {
      isUnanswered = false
      clearTimeout(probing)
      probing = undefined
    },
    probe() {
      if (ticking === undefined || probing !== undefined) return
      isUnanswered = true
      ping()
      probing = setTimeout(onLost, PROBE_MS)
    },
    stop,
  }
}
