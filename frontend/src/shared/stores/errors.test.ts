import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '@/api'
import { ERROR_LIFETIME_MS, useErrorStore } from './errors'

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the error store', () => {
  it('keeps what is to be shown, the latest as the global error', () => {
    const store = useErrorStore()
    store.addError({ message: 'first' })
    const id = store.addError({ message: 'second', code: 'CONFLICT', type: 'warning' })
    expect(store.errors.map(({ message }) => message)).toEqual(['first', 'second'])
    expect(store.globalError).toEqual({
      id,
      message: 'second',
      type: 'warning',
      code: 'CONFLICT',
      details: {},
      context: null,
      timestamp: new Date(),
    })
  })

  it('forgets an entry after five seconds', () => {
    const store = useErrorStore()
    store.addError({ message: 'gone soon' })
    vi.advanceTimersByTime(ERROR_LIFETIME_MS - 1)
    expect(store.errors).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(store.errors).toHaveLength(0)
    expect(store.globalError).toBeNull()
  })

  it('removes an entry earlier when told to', () => {
    const store = useErrorStore()
    const id = store.addError({ message: 'a' })
    store.addError({ message: 'b' })
    store.removeError(id)
    expect(store.errors.map(({ message }) => message)).toEqual(['b'])
  })

  it('takes in what a request was rejected with', () => {
    const store = useErrorStore()
    const error = new AppError({
      code: 'FORBIDDEN',
      status: 403,
      message: 'Not enough permissions',
      requestId: 'r1',
      details: { permission: 'items:write_any' },
    })
    store.handleApiError(error, 'items.save')
    expect(store.globalError).toMatchObject({
      type: 'error',
      code: 'FORBIDDEN',
      message: 'Not enough permissions',
      context: 'items.save',
      details: { permission: 'items:write_any', status: 403, requestId: 'r1' },
    })
  })

  it.each([
    [0, 'NETWORK_ERROR', 'Network Error - Please check your connection'],
    [503, 'SERVER_ERROR', 'Server is temporarily unavailable. Please try again later.'],
  ])('shows one message for many failures of one cause (%i)', (status, code, message) => {
    const store = useErrorStore()
    for (let n = 0; n < 3; n += 1) store.handleApiError(new AppError({ code, status }))
    expect(store.errors.map((entry) => entry.message)).toEqual([message])
  })

  it('says nothing of a cancelled request', () => {
    const store = useErrorStore()
    expect(store.handleApiError(new AppError({ code: 'CANCELLED' }))).toBeNull()
    expect(store.errors).toHaveLength(0)
  })

  it('shows a bug as a client error, without its text', () => {
    const store = useErrorStore()
    store.handleApiError(new TypeError('x is not a function'))
    expect(store.globalError).toMatchObject({ code: 'CLIENT_ERROR' })
    expect(store.globalError?.message).not.toContain('function')
  })
})
