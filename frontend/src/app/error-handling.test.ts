import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { AppError } from '@/api'
import { useErrorStore } from '@/shared/stores/errors'
import { installErrorHandling, reportQueryError } from './error-handling'

beforeEach(() => {
  setActivePinia(createPinia())
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

describe('the last net', () => {
  it('shows what a component threw', () => {
    const app = createApp({})
    installErrorHandling(app, createRouter({ history: createMemoryHistory(), routes: [] }))
    app.config.errorHandler?.(
      new AppError({ code: 'CONFLICT', message: 'Taken' }),
      null,
      'setup function',
    )
    expect(useErrorStore().globalError).toMatchObject({ code: 'CONFLICT', message: 'Taken' })
    expect(console.error).toHaveBeenCalledOnce()
  })

  it('shows what nobody awaited', () => {
    installErrorHandling(
      createApp({}),
      createRouter({ history: createMemoryHistory(), routes: [] }),
    )
    const event = Object.assign(new Event('unhandledrejection', { cancelable: true }), {
      reason: new AppError({ code: 'NETWORK_ERROR' }),
    })
    window.dispatchEvent(event)
    expect(useErrorStore().globalError).toMatchObject({ code: 'NETWORK_ERROR' })
    expect(event.defaultPrevented).toBe(true)
  })

  it('shows that a view could not be loaded', async () => {
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [{ path: '/broken', component: () => Promise.reject(new TypeError('no file')) }],
    })
    installErrorHandling(createApp({}), router)
    await expect(router.push('/broken')).rejects.toThrow('no file')
    expect(useErrorStore().globalError).toMatchObject({ context: 'router' })
  })
})

describe('reportQueryError', () => {
  it.each([
    ['NETWORK_ERROR', 0, 1],
    ['SERVER_ERROR', 503, 1],
    ['NOT_FOUND', 404, 0],
    ['FORBIDDEN', 403, 0],
    ['CANCELLED', 0, 0],
  ])('%s', (code, status, shown) => {
    reportQueryError(new AppError({ code, status }), { meta: {} })
    expect(useErrorStore().errors).toHaveLength(shown)
  })

  it('leaves it to a query that is polled to say so in its place', () => {
    reportQueryError(new AppError({ code: 'NETWORK_ERROR' }), { meta: { isPolled: true } })
    expect(useErrorStore().errors).toEqual([])
  })
})
