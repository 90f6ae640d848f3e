import { useQueryCache } from '@pinia/colada'
import { flushPromises } from '@vue/test-utils'
import { http, HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { useSessionStore } from '@/shared/stores/session'
import { mountWithApp } from '@/testing/mount'
import { server } from '@/testing/server'
import { tokenReply } from '@/testing/session'
import { followSession } from './session-follow'

const component = { render: () => null }
const routes = [
  { path: '/', component },
  { path: '/items', component },
  { path: '/login', name: 'login', component, meta: { public: true, guestOnly: true } },
]

async function start(at: string) {
  let alive = true
  const unauthorized = { error: { code: 'UNAUTHORIZED', message: 'over', details: {} } }
  server.use(
    http.post('*/api/v1/auth/login', () => HttpResponse.json(tokenReply('t1'))),
    http.post('*/api/v1/auth/logout', () => HttpResponse.json({ success: true })),
    http.post('*/api/v1/auth/refresh', () => HttpResponse.json(unauthorized, { status: 401 })),
    http.get('*/api/v1/navigation', () =>
      alive ? HttpResponse.json({ data: [] }) : HttpResponse.json(unauthorized, { status: 401 }),
    ),
  )
  const { router } = await mountWithApp(
    defineComponent(() => () => null),
    { routes, at },
  )
  followSession(router)
  const session = useSessionStore()
  await session.restore()
  return {
    session,
    queries: useQueryCache(),
    end: () => (alive = false),
    async address() {
      await flushPromises()
      return router.currentRoute.value.fullPath
    },
  }
}

const credentials = { username: 'hanako', password: 'Secret-1' }

describe('followSession', () => {
  it('goes on to the target after a sign-in, and plainly to the login after a sign-out', async () => {
    const { session, address } = await start('/login?redirect=/items')
    await session.login(credentials)
    expect(await address()).toBe('/items')
    await session.logout()
    expect(await address()).toBe('/login')
  })

  it('keeps the way back when the session ended by itself', async () => {
    const { session, end, address } = await start('/login?redirect=/items')
    await session.login(credentials)
    expect(await address()).toBe('/items')
    end()
    const { getNavigation } = await import('@/api/generated/sdk.gen')
    await expect(getNavigation()).rejects.toMatchObject({ status: 401 })
    expect(await address()).toBe('/login?redirect=/items')
  })

  it('forgets what was loaded for the person who left', async () => {
    const { session, queries } = await start('/login')
    await session.login(credentials)
    queries.setQueryData(['items'], ['a draft'])
    await session.logout()
    expect(queries.getEntries()).toEqual([])
  })
})
