/**
 * Runs a task while no other tab of this browser runs one. `contended` tells the task that it had to
 * wait for another tab, which may have done the work already.
 */
export type TabLock = <T>(task: (contended: boolean) => Promise<T>) => Promise<T>

const NAME = 'musubi.refresh'

/** Longer than a refresh may take; after it a holder counts as gone. */
const LEASE_MS = 15_000
const POLL_MS = 40

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The browser's own lock; if a frozen tab keeps it past the lease, the task runs without it. */
export function webLock(locks: LockManager): TabLock {
  async function afterWaiting<T>(task: (contended: boolean) => Promise<T>): Promise<T> {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), LEASE_MS)
    let started = false
    try {
      return await locks.request(NAME, { signal: patience.signal }, () => {
        started = true
        clearTimeout(timer)
        return task(true)
      })
    } catch (error) {
      if (started || !patience.signal.aborted) throw error
      return task(true)
    } finally {
      clearTimeout(timer)
    }
  }

  return async <T>(task: (contended: boolean) => Promise<T>): Promise<T> => {
    const atOnce = await locks.request(NAME, { ifAvailable: true }, async (lock) =>
      lock ? { result: await task(false) } : null,
    )
    return atOnce ? atOnce.result : afterWaiting(task)
  }
}

/**
 * A lease in localStorage, for plain http in a LAN, where browsers have no Web Locks. Two tabs that
 * write in the same instant may both hold it; the server forgives that, because a refresh token
 * presented twice within seconds gets the same successor. It stores a random name and a time.
 */
export function leaseLock(storage: Storage): TabLock {
  const key = `${NAME}.lease`
  const me = Math.random().toString(36).slice(2)
  const holder = () => {
    const [name = '', until = '0'] = (storage.getItem(key) ?? '').split(' ')
    return Number(until) > Date.now() ? name : null
  }
  return async (task) => {
    const givesUpAt = Date.now() + LEASE_MS
    let contended = false
    while (Date.now() < givesUpAt) {
      if (holder() === null) {
        storage.setItem(key, `${me} ${Date.now() + LEASE_MS}`)
        // The last writer wins: look again once a rival's write had time to arrive.
        await delay(POLL_MS)
        if (holder() === me) break
      }
      contended = true
      await delay(POLL_MS)
    }
    try {
      return await task(contended)
    } finally {
      if (holder() === me) storage.removeItem(key)
    }
  }
}

function usableStorage(): Storage | null {
  try {
    const probe = `${NAME}.probe`
    localStorage.setItem(probe, '')
    localStorage.removeItem(probe)
    return localStorage
  } catch {
    return null
  }
}

/** The best lock this browser has; with neither Web Locks nor storage each tab refreshes for itself. */
export function createTabLock(): TabLock {
  if (typeof navigator !== 'undefined' && navigator.locks) return webLock(navigator.locks)
  const storage = usableStorage()
  return storage ? leaseLock(storage) : (task) => task(false)
}
