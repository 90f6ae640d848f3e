import { createPinia, disposePinia, setActivePinia } from 'pinia'
import { http, HttpResponse } from 'msw'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { server } from '@/testing/server'
import { tokenReply } from '@/testing/session'
import { onSessionEnd } from './reset'
import { useSessionStore } from './session'

let session: ReturnType<typeof useSessionStore>
beforeEach(() => {
  const pinia = createPinia()
  setActivePinia(pinia)
  session = useSessionStore()
  return async () => {
    // The token lives in a module: sign out, so that the next test starts without one.
    serveLogins()
    await session.logout()
    disposePinia(pinia)
  }
})

function serveLogins(...replies: ReturnType<typeof tokenReply>[]) {
  server.use(
    http.post('*/api/v1/auth/login', () => HttpResponse.json(replies.shift())),
    http.post('*/api/v1/auth/logout', () => HttpResponse.json({ success: true })),
  )
}

const credentials = { username: 'hanako', password: 'Secret-1' }

describe('the session store', () => {
  it('is signed out on a page load where nobody was signed in', async () => {
    expect(session.status).toBe('unknown')
    await session.restore()
    expect(session.status).toBe('signed-out')
  })

  it('knows who is signed in and what they may do', async () => {
    serveLogins(tokenReply('t1', { permissions: ['users:read'] }))
    await session.login(credentials)
    expect(session.status).toBe('signed-in')
    expect(session.user?.username).toBe('hanako')
    expect(session.can('users:read')).toBe(true)
    expect(session.can('users:write')).toBe(false)
  })

  it('lets features forget what they hold when the session ends', async () => {
    serveLogins(tokenReply('t1'))
    const reset = vi.fn<() => void>()
    const stop = onSessionEnd(reset)
    await session.login(credentials)
    expect(reset).not.toHaveBeenCalled()
    await session.logout()
    expect(reset).toHaveBeenCalledOnce()
    expect(session).toMatchObject({ user: null, status: 'signed-out', endReason: 'chosen' })
    stop()
  })

  it('lets features forget what they hold when another person signs in', async () => {
    serveLogins(
      tokenReply('t1', { id: 1 }),
      tokenReply('t2', { id: 1 }),
      tokenReply('t3', { id: 2 }),
    )
    const reset = vi.fn<() => void>()
    const stop = onSessionEnd(reset)
    await session.login(credentials)
    await session.login(credentials)
    expect(reset).not.toHaveBeenCalled()
    await session.login(credentials)
    expect(reset).toHaveBeenCalledOnce()
    stop()
  })

  it('takes in a changed profile', async () => {
    serveLogins(tokenReply('t1', { permissions: ['users:read'] }))
    await session.login(credentials)
    session.updateUser({ full_name: '山田 花子' })
    expect(session.user).toMatchObject({ full_name: '山田 花子', permissions: ['users:read'] })
  })
})
