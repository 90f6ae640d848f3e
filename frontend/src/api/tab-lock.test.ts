import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeLocks } from '@/testing/session'
import { createTabLock, leaseLock, type TabLock, webLock } from './tab-lock'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A task that notes when it begins and ends, so that overlaps show. */
function worker(log: string[], name: string, ms: number) {
  return async (contended: boolean) => {
    log.push(`${name} begins${contended ? ' late' : ''}`)
    await new Promise((resolve) => setTimeout(resolve, ms))
    log.push(`${name} ends`)
    return name
  }
}

describe.each<[string, () => [TabLock, TabLock]]>([
  [
    'Web Locks',
    () => {
      const locks = fakeLocks()
      return [webLock(locks), webLock(locks)]
    },
  ],
  ['the lease in localStorage', () => [leaseLock(localStorage), leaseLock(localStorage)]],
])('%s', (_name, twoTabs) => {
  it('lets one tab work at a time, and tells the other that it waited', async () => {
    const [one, two] = twoTabs()
    const log: string[] = []
    const both = Promise.all([one(worker(log, 'one', 500)), two(worker(log, 'two', 10))])
    await vi.runAllTimersAsync()
    expect(await both).toEqual(['one', 'two'])
    const [first, second] = log[0]?.startsWith('one') ? ['one', 'two'] : ['two', 'one']
    expect(log).toEqual([
      `${first} begins`,
      `${first} ends`,
      `${second} begins late`,
      `${second} ends`,
    ])
  })

  it('is free again after a task that failed', async () => {
    const [one, two] = twoTabs()
    const failing = Promise.allSettled([one(() => Promise.reject(new Error('no')))])
    await vi.runAllTimersAsync()
    expect(await failing).toMatchObject([{ status: 'rejected', reason: { message: 'no' } }])
    const next = two((contended) => Promise.resolve(contended))
    await vi.runAllTimersAsync()
    expect(await next).toBe(false)
  })
})

describe('createTabLock', () => {
  it('uses the lease where there are no Web Locks, and leaves nothing behind', async () => {
    vi.stubGlobal('navigator', { ...navigator, locks: undefined })
    const done = createTabLock()(() => Promise.resolve(localStorage.length))
    await vi.runAllTimersAsync()
    expect(await done).toBe(1)
    expect(localStorage.length).toBe(0)
  })

  it('takes over a lease whose holder is gone', async () => {
    localStorage.setItem('musubi.refresh.lease', `gone ${Date.now() + 15_000}`)
    const done = leaseLock(localStorage)(() => Promise.resolve('done'))
    await vi.runAllTimersAsync()
    expect(await done).toBe('done')
  })

  it('goes on without a lock where storage is blocked, too', async () => {
    vi.stubGlobal('navigator', { ...navigator, locks: undefined })
    vi.stubGlobal('localStorage', {
      setItem() {
        throw new DOMException('blocked', 'SecurityError')
      },
    })
    expect(await createTabLock()(() => Promise.resolve('done'))).toBe('done')
  })
})
