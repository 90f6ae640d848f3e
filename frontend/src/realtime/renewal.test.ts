import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AppError } from '@/api'
import { createRenewal } from './renewal'

const admission = {
  renew: vi.fn<() => Promise<void>>(),
  ticket: vi.fn<() => Promise<string>>(),
  address: vi.fn<() => Promise<string>>(),
}
const use = vi.fn<(ticket: string) => void>()

beforeEach(() => {
  vi.useFakeTimers()
  use.mockReset()
  admission.renew.mockReset().mockResolvedValue()
  admission.ticket.mockReset().mockResolvedValue('fresh')
})
afterEach(() => {
  vi.useRealTimers()
})

it.each([
  ['a minute before it expires', 900, 840_000],
  ['halfway, when it is a short one', 30, 15_000],
  ['not over and over, when it has expired', 0, 5000],
  ['as late as a timer can be set, when it is a very long one', 9_999_999, 2 ** 31 - 1],
])('hands over a ticket of another token %s', async (_name, expiresIn, due) => {
  createRenewal(admission, use).start(expiresIn)
  await vi.advanceTimersByTimeAsync(due - 1)
  expect(admission.renew).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(admission.renew).toHaveBeenCalledOnce()
  expect(use.mock.calls).toEqual([['fresh']])
  expect(vi.getTimerCount()).toBe(0)
})

it('begins anew with each lifetime that it is told', async () => {
  const renewal = createRenewal(admission, use)
  renewal.start(900)
  await vi.advanceTimersByTimeAsync(800_000)
  renewal.start(900)
  await vi.advanceTimersByTimeAsync(800_000)
  expect(use).not.toHaveBeenCalled()
})

it('leaves a token to expire when there is no other one', async () => {
  admission.renew.mockRejectedValue(new AppError({ code: 'NETWORK_ERROR' }))
  createRenewal(admission, use).start(900)
  await vi.advanceTimersByTimeAsync(840_000)
  expect(admission.renew).toHaveBeenCalledOnce()
  expect(use).not.toHaveBeenCalled()
})

it('hands over nothing for a connection that is gone meanwhile', async () => {
  let give!: (ticket: string) => void
  admission.ticket.mockReturnValue(new Promise((resolve) => (give = resolve)))
  const renewal = createRenewal(admission, use)
  renewal.start(900)
  await vi.advanceTimersByTimeAsync(840_000)
  renewal.stop()
  give('late')
  await vi.advanceTimersByTimeAsync(0)
  expect(use).not.toHaveBeenCalled()
})
