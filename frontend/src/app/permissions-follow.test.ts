import { http, HttpResponse } from 'msw'
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, type Router } from 'vue-router'
import { listItems, listUsers } from '@/api/generated/sdk.gen'
import type { Permission } from '@/api/generated/types.gen'
import { writeSessionHint } from '@/api/session-hint'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'
import { server } from '@/testing/server'
import { sessionUser, tokenReply } from '@/testing/session'
import { followPermissions } from './permissions-follow'
import { createAppRouter } from './router'
import { useNavigationStore } from './router/navigation'

const component = () => Promise.resolve({ render: () => null })
const locales = {
  en: () => Promise.resolve({ default: {} }),
  ja: () => Promise.resolve({ default: {} }),
}
const feature = {
  name: 'test',
  pages: {
    items: [{ path: '/items', name: 'items', component }],
    users: [{ path: '/admin/users', name: 'users', component }],
  },
  publicRoutes: [{ path: '/login', name: 'login', component, meta: { public: true } }],
  locales,
}

/** What the server's account may do from now on. */
let granted: Permission[] = []
let asked = 0
let stop = () => undefined as void

function serve() {
  const entry = (name: string, path: string) => ({ name, path, title: name, icon: name, order: 1 })
  const forbidden = (details = {}) =>
    HttpResponse.json({ error: { code: 'FORBIDDEN', message: 'No', details } }, { status: 403 })
  server.use(
    http.post('*/api/v1/auth/refresh', () =>
      HttpResponse.json(tokenReply('t', { permissions: granted })),
    ),
    http.post('*/api/v1/auth/logout', () => HttpResponse.json({ success: true })),
    http.get('*/api/v1/users/me', () => {
      asked += 1
      return HttpResponse.json(sessionUser({ permissions: granted }))
    }),
    http.get('*/api/v1/navigation', () => {
      const isAdmin = granted.includes('users:read')
      const pages = [entry('items', '/items'), ...(isAdmin ? [entry('users', '/admin/users')] : [])]
      return HttpResponse.json({ data: pages })
    }),
    http.get('*/api/v1/users', () => forbidden()),
    http.get('*/api/v1/items', () => forbidden({ reason: 'reauthentication_required' })),
  )
}

const menu = () => useNavigationStore().entries?.map(({ name }) => name)

async function open(at: string): Promise<Router> {
  const router = createAppRouter([feature], createMemoryHistory())
  stop = followPermissions(router)
  await router.push(at)
  return router
}

beforeEach(() => {
  const pinia = createPinia()
  setActivePinia(pinia)
  writeSessionHint(true)
  granted = []
  asked = 0
  serve()
  return async () => {
    stop()
    serve()
    await useSessionStore().logout()
    disposePinia(pinia)
  }
})

describe('followPermissions', () => {
  it('takes the page and its entry in the menu from whoever lost the right', async () => {
    granted = ['users:read']
    const router = await open('/admin/users')
    expect(menu()).toEqual(['items', 'users'])

    granted = []
    await expect(listUsers()).rejects.toMatchObject({ status: 403 })
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('forbidden'))
    expect(router.currentRoute.value.path).toBe('/admin/users')
    expect(menu()).toEqual(['items'])
  })

  it('shows the page that was refused to whoever gets the right', async () => {
    const router = await open('/admin/users')
    expect(router.currentRoute.value.name).toBe('forbidden')
    granted = ['users:read']
    await expect(listUsers()).rejects.toMatchObject({ status: 403 })
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('users'))
    expect(menu()).toEqual(['items', 'users'])
  })

  it('leaves alone a page that stays theirs', async () => {
    granted = ['users:read']
    const router = await open('/items?search=x')
    granted = []
    useSessionStore().updateUser({ permissions: [] })
    await vi.waitFor(() => expect(menu()).toEqual(['items']))
    expect(router.currentRoute.value.fullPath).toBe('/items?search=x')
  })

  it('asks once for all that is refused at a time, and not when a proof is wanted', async () => {
    await open('/items')
    await expect(listItems()).rejects.toMatchObject({ status: 403 })
    expect(asked).toBe(0)
    await Promise.allSettled([listUsers(), listUsers(), listUsers()])
    await vi.waitFor(() => expect(asked).toBe(1))
    expect(useErrorStore().errors).toEqual([])
  })
})
