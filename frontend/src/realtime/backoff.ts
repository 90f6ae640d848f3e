const SHORTEST_MS = 500
const LONGEST_MS = 20_000

export interface Backoff {
  /** How long to wait before the next attempt, in milliseconds. */
  next(): number
  /** The attempts were successful: the next failure is a first one. */
  reset(): void
}

/**
 * Waits that get longer, each drawn evenly from its whole range, so that the clients of a server that
 * went down don't come back all at once.
 */
export function createBackoff(random: () => number = Math.random): Backoff {
  let failures = 0
  return {
    next() {
      failures += 1
      const longest = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures)
      return SHORTEST_MS + random() * (longest - SHORTEST_MS)
    },
    reset() {
      failures = 0
    },
  }
}
