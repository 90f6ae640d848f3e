import type { Admission } from './admission'

/** So long before its token expires a connection gets a new one, in milliseconds. */
const MARGIN_MS = 60_000
const SHORTEST_MS = 5000
/** Longer than this no timer takes. */
const LONGEST_MS = 2 ** 31 - 1

export interface Renewal {
  /** The token lives for so many seconds from now. */
  start(expiresInS: number): void
  stop(): void
}

/** Gets a ticket of a new token before the one in use expires, and hands it to `use`. */
export function createRenewal(admission: Admission, use: (ticket: string) => void): Renewal {
  let timer: ReturnType<typeof setTimeout> | undefined
  let generation = 0

  async function renew(): Promise<void> {
    const own = generation
    try {
      await admission.renew()
      const ticket = await admission.ticket()
      if (own === generation) use(ticket)
    } catch {
      // The server closes the connection when it is time, and connecting again says what is wrong.
    }
  }

  function stop(): void {
    generation += 1
    clearTimeout(timer)
  }

  return {
    stop,
    start(expiresInS) {
      stop()
      const lifetime = expiresInS * 1000
      const due = Math.max(lifetime - MARGIN_MS, lifetime / 2, SHORTEST_MS)
      timer = setTimeout(() => void renew(), Math.min(due, LONGEST_MS))
    },
  }
}
