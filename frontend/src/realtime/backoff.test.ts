import { describe, expect, it } from 'vitest'
import { createBackoff } from './backoff'

const four = [1, 2, 3, 4]

describe('createBackoff', () => {
  it('draws each wait from a range that doubles, up to twenty seconds', () => {
    const backoff = createBackoff(() => 1)
    const waits = Array.from({ length: 8 }, () => backoff.next())
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000])
  })

  it('never waits less than half a second', () => {
    const backoff = createBackoff(() => 0)
    expect(four.map(() => backoff.next())).toEqual([500, 500, 500, 500])
  })

  it('begins with short waits again after a success', () => {
    const backoff = createBackoff(() => 0.5)
    four.forEach(() => backoff.next())
    backoff.reset()
    expect(backoff.next()).toBe(750)
  })
})
