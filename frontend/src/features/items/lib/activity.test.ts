import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { dayFormatter, summarize } from './activity'

const day = (date: string, count: number) => ({ date, count })

describe('summarize', () => {
  it('adds up and names the first of the busiest days', () => {
    const daily = [day('2026-01-01', 1), day('2026-01-02', 3), day('2026-01-03', 3)]
    expect(summarize(daily)).toEqual({ total: 7, busiest: day('2026-01-02', 3) })
  })

  it('knows no busiest day where there was nothing', () => {
    expect(summarize([day('2026-01-01', 0)])).toEqual({ total: 0, busiest: null })
  })
})

describe('dayFormatter', () => {
  it('says the same day west and east of Greenwich, in each language', () => {
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const zone of ['Pacific/Honolulu', 'Asia/Tokyo']) {
      vi.stubEnv('TZ', zone)
      expect(dayFormatter('en')('2026-01-31')).toBe('Jan 31')
      expect(dayFormatter('ja')('2026-01-31')).toBe('1月31日')
    }
  })
})
