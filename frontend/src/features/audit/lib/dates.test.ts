import { expect, it } from 'vitest'
import { endOf, isDay, startOf } from './dates'

it('ends a day where the next one begins', () => {
  expect(new Date(startOf('2026-01-31')!)).toEqual(new Date(2026, 0, 31))
  expect(endOf('2026-01-31')).toBe(startOf('2026-02-01'))
  expect(endOf('2026-12-31')).toBe(startOf('2027-01-01'))
})

it.each(['', '2026-02-30', '2026-13-01', '31.01.2026', '2026-1-1', 'yesterday', '0000-00-00'])(
  'takes no day from %j',
  (text) => {
    expect(isDay(text)).toBe(false)
    expect(startOf(text)).toBeUndefined()
    expect(endOf(text)).toBeUndefined()
  },
)
