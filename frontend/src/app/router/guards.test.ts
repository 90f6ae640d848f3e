import { http, HttpResponse } from 'msw'
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMemoryHistory, type RouteRecordRaw } from 'vue-router'
import type { NavigationEntry } from '@/api/generated/types.gen'
import { writeSessionHint } from '@/api/session-hint'
import type { FeatureModule } from '@/shared/lib/feature'
import { useSessionStore } from '@/shared/stores/session'
import { server } from '@/testing/server'
import { tokenReply } from '@/testing/session'
import { appShell } from '../layouts/app-shell'
import { useNavigationStore } from './navigation'
import { createAppRouter } from '.'

// Loaded ahead of the tests: their time limit is not for compiling it.
import.meta.glob('../layouts/AppShell.vue', { eager: true })

const component = () => Promise.resolve({ render: () => null })
const route = (path: string, name: string, meta = {}): RouteRecordRaw => ({
  path,
  name,
  component,
  meta,
})

const feature: FeatureModule = {
  name: 'test',
  pages: {
    dashboard: [route('/', 'dashboard')],
    items: [route('/items', 'items'), route('/items/:id(\\d+)', 'item')],
    users: [route('/admin/users', 'users')],
  },
  publicRoutes: [
    route('/login', 'login', { public: true, guestOnly: true }),
    route('/setup', 'setup', { public: true }),
  ],
  locales: {
    en: () => Promise.resolve({ default: {} }),
    ja: () => Promise.resolve({ default: {} }),
  },
}

const page = (name: string, path: string, order: number): NavigationEntry => ({
  name,
  path,
  order,
  title: name,
  icon: name,
})
const GRANTED = [page('items', '/items', 2), page('dashboard', '/', 1)]

function serve({ granted = GRANTED, refresh = 200, navigation = 200 } = {}) {
  server.use(
    http.post('*/api/v1/auth/login', () => HttpResponse.json(tokenReply('t1'))),
    http.post('*/api/v1/auth/logout', () => HttpResponse.json({ success: true })),
    http.post('*/api/v1/auth/refresh', () =>
      HttpResponse.json(tokenReply('t1'), { status: refresh }),
    ),
    http.get('*/api/v1/navigation', () =>
      HttpResponse.json({ data: granted }, { status: navigation }),
    ),
  )
}

/** Opens the application at an address, as someone who was signed in here before, or not. */
async function open(at: string, { wasSignedIn = true } = {}) {
  writeSessionHint(wasSignedIn)
  const router = createAppRouter([feature], createMemoryHistory())
  const go = async (to: string) => {
    await router.push(to)
    return { name: router.currentRoute.value.name, path: router.currentRoute.value.fullPath }
  }
  return { router, go, first: await go(at) }
}

beforeEach(() => {
  const pinia = createPinia()
  setActivePinia(pinia)
  appShell.value = null
  return async () => {
    // The token lives in a module: sign out, so that the next test starts without one.
    serve()
    await useSessionStore().logout()
    disposePinia(pinia)
  }
})

describe('someone who is signed in', () => {
  it.each([
    ['/', 'dashboard'],
    ['/items', 'items'],
    ['/items/7?tab=files#note', 'item'],
  ])('opens a granted page by its link: %s', async (path, name) => {
    serve()
    const { first } = await open(path)
    expect(first).toEqual({ name, path })
    expect(appShell.value).not.toBeNull()
  })

  it('sees 403 under the address of a page that exists but is not granted', async () => {
    serve()
    const { first } = await open('/admin/users?page=2')
    expect(first).toEqual({ name: 'forbidden', path: '/admin/users?page=2' })
  })

  it.each(['/nope', '/items/abc'])('sees 404 for what does not exist: %s', async (path) => {
    serve()
    const { first } = await open(path)
    expect(first).toEqual({ name: 'not-found', path })
  })

  it('can go on from there', async () => {
    serve()
    const { go } = await open('/nope')
    expect(await go('/items')).toEqual({ name: 'items', path: '/items' })
    expect(await go('/admin/users')).toEqual({ name: 'forbidden', path: '/admin/users' })
    expect(await go('/')).toEqual({ name: 'dashboard', path: '/' })
  })

  it('gets what is granted later', async () => {
    serve()
    const { go } = await open('/admin/users')
    serve({ granted: [...GRANTED, page('users', '/admin/users', 3)] })
    await useNavigationStore().load()
    expect(await go('/admin/users?again')).toMatchObject({ name: 'users' })
  })

  it('is led on from the login', async () => {
    serve()
    const { first, go } = await open('/login?redirect=/items')
    expect(first.path).toBe('/items')
    expect((await go('/login?redirect=//evil.example')).path).toBe('/')
  })

  it('may look at a public page', async () => {
    serve()
    expect((await open('/setup')).first.name).toBe('setup')
  })

  it('has the menu in its order', async () => {
    serve()
    await open('/')
    expect(useNavigationStore().entries?.map(({ name }) => name)).toEqual(['dashboard', 'items'])
  })
})

describe('someone who is signed out', () => {
  it.each([
    ['/', '/login'],
    ['/items/7?tab=files', '/login?redirect=/items/7?tab=files'],
    ['/admin/users', '/login?redirect=/admin/users'],
  ])('comes to the login from %s, with the way back', async (path, expected) => {
    const { first } = await open(path, { wasSignedIn: false })
    expect(first).toEqual({ name: 'login', path: expected })
    expect(appShell.value).toBeNull()
  })

  it('sees 404 for what does not exist', async () => {
    expect((await open('/nope', { wasSignedIn: false })).first.name).toBe('not-found')
  })

  it('comes to the login when the earlier session has ended', async () => {
    serve({ refresh: 401 })
    expect((await open('/items')).first.path).toBe('/login?redirect=/items')
  })

  it('can open no page any more, though the links of the one just left still resolve', async () => {
    serve()
    const { router, go } = await open('/items')
    await useSessionStore().logout()
    expect(router.resolve({ name: 'items' }).path).toBe('/items')
    expect((await go('/items/7')).name).toBe('login')
  })

  it('leaves no page behind for the next one', async () => {
    serve()
    const { go } = await open('/')
    const session = useSessionStore()
    await session.logout()
    serve({ granted: [page('dashboard', '/', 1)] })
    await session.login({ username: 'taro', password: 'secret' })
    expect((await go('/items')).name).toBe('forbidden')
  })
})

describe('while the server fails', () => {
  it.each([{ refresh: 503 }, { navigation: 503 }])(
    'the address stays and another attempt works: %j',
    async (failing) => {
      serve(failing)
      const { router, first } = await open('/items')
      expect(first).toEqual({ name: 'unavailable', path: '/items' })
      serve()
      await router.replace({ path: '/items', force: true })
      expect(router.currentRoute.value.name).toBe('items')
    },
  )

  it('public pages can be seen', async () => {
    serve({ refresh: 503 })
    expect((await open('/setup')).first.name).toBe('setup')
  })
})
