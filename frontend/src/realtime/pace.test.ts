import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createPace } from './pace'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

it('does ten things at once, and four more each second, in their order', () => {
  const done: number[] = []
  const pace = createPace()
  for (const number of numbers(20)) pace.run(() => done.push(number))
  expect(done).toEqual(numbers(10))
  vi.advanceTimersByTime(1000)
  expect(done).toEqual(numbers(14))
  vi.advanceTimersByTime(1500)
  expect(done).toEqual(numbers(20))
})

it('allows as much at once again after a rest, and no more', () => {
  const done: number[] = []
  const pace = createPace()
  for (const number of numbers(10)) pace.run(() => done.push(number))
  vi.advanceTimersByTime(60_000)
  expect(vi.getTimerCount()).toBe(0)
  for (const number of numbers(20)) pace.run(() => done.push(number))
  expect(done).toHaveLength(20)
})

it('forgets what has not had its turn', () => {
  const done: number[] = []
  const pace = createPace()
  for (const number of numbers(12)) pace.run(() => done.push(number))
  pace.clear()
  vi.advanceTimersByTime(60_000)
  expect(done).toEqual(numbers(10))
})
