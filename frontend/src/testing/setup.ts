import { disableAutoUnmount, enableAutoUnmount } from '@vue/test-utils'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { server } from './server'

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
enableAutoUnmount(afterEach)
afterEach(() => {
  server.resetHandlers()
  localStorage.clear()
  sessionStorage.clear()
  document.body.innerHTML = ''
})
afterAll(() => {
  disableAutoUnmount()
  server.close()
})
