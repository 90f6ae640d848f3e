import { describe, expect, it, vi } from 'vitest'
import { fakeLocks, fakeSessionApi, fakeTabs, tokenReply } from '@/testing/session'
import { AppError } from './app-error'
import type { MfaChallenge } from './generated/types.gen'
import type { SessionApi } from './session-api'
import { createSessionManager, type SessionEvent } from './session-manager'
import { createTokenHolder } from './session-token'
import { type TabLock, webLock } from './tab-lock'

const PATIENCE_MS = 20

/** Opens tabs of one browser: they share the server, the lock and the channel, but no memory. */
function browser(api: SessionApi = fakeSessionApi(), lock: TabLock = webLock(fakeLocks())) {
  const tabs = fakeTabs()
  return function openTab() {
    const token = createTokenHolder()
    const manager = createSessionManager({
      api,
      token,
      lock,
      channel: tabs.open(),
      patience: PATIENCE_MS,
    })
    const events: SessionEvent[] = []
    manager.subscribe((event) => events.push(event))
    return { manager, token, events }
  }
}

const refused = (status: number) => () =>
  Promise.reject(new AppError({ code: status >= 500 ? 'SERVER_ERROR' : 'UNAUTHORIZED', status }))

describe('refreshing', () => {
  it('asks the server once for all requests that wait', async () => {
    const api = fakeSessionApi()
    const { manager } = browser(api)()
    const all = await Promise.all([1, 2, 3].map(() => manager.refresh('old')))
    expect(all).toEqual(['token-1', 'token-1', 'token-1'])
    expect(api.issued()).toBe(1)
  })

  it('asks the server once for two tabs, and both go on with the same token', async () => {
    const api = fakeSessionApi()
    const openTab = browser(api)
    const [one, two] = [openTab(), openTab()]
    const tokens = await Promise.all([one.manager.refresh('old'), two.manager.refresh('old')])
    expect(tokens).toEqual(['token-1', 'token-1'])
    expect(api.issued()).toBe(1)
    expect([one.token.get(), two.token.get()]).toEqual(['token-1', 'token-1'])
  })

  it('asks for itself when the tab that held the lock got nothing', async () => {
    const refresh = vi
      .fn<SessionApi['refresh']>()
      .mockImplementationOnce(refused(503))
      .mockImplementation(() => Promise.resolve(tokenReply('late')))
    const openTab = browser(fakeSessionApi({ refresh }))
    const [one, two] = [openTab(), openTab()]
    const results = await Promise.allSettled([
      one.manager.refresh('old'),
      two.manager.refresh('old'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(two.token.get()).toBe('late')
  })

  it('takes the token that another tab has already got', async () => {
    const api = fakeSessionApi()
    const openTab = browser(api)
    const [one, two] = [openTab(), openTab()]
    await one.manager.login({ username: 'hanako', password: 'x' })
    await vi.waitFor(() => expect(two.token.get()).toBe('token-1'))
    expect(await two.manager.refresh('older')).toBe('token-1')
    expect(api.issued()).toBe(1)
  })

  it('ends the session in all tabs when the server refuses it', async () => {
    const openTab = browser(fakeSessionApi({ refresh: refused(401) }))
    const [one, two] = [openTab(), openTab()]
    await one.manager.login({ username: 'hanako', password: 'x' })
    await vi.waitFor(() => expect(two.token.get()).toBe('token-1'))
    await expect(one.manager.refresh('token-1')).rejects.toMatchObject({ status: 401 })
    await vi.waitFor(() => expect(two.token.get()).toBeNull())
    expect(two.events.at(-1)).toEqual({ type: 'signed-out', reason: 'ended' })
  })

  it.each([0, 429, 500, 503])(
    'keeps the session when the refresh failed with %i',
    async (status) => {
      const { manager, token, events } = browser(fakeSessionApi({ refresh: refused(status) }))()
      await manager.login({ username: 'hanako', password: 'x' })
      await expect(manager.refresh('token-1')).rejects.toBeInstanceOf(AppError)
      expect(token.get()).toBe('token-1')
      expect(events.map(({ type }) => type)).toEqual(['signed-in'])
    },
  )

  it('forgets a reply that comes after the sign-out', async () => {
    let answer: (reply: ReturnType<typeof tokenReply>) => void = () => undefined
    const refresh = () =>
      new Promise<ReturnType<typeof tokenReply>>((resolve) => (answer = resolve))
    const { manager, token } = browser(fakeSessionApi({ refresh }))()
    await manager.login({ username: 'hanako', password: 'x' })
    const running = manager.refresh('token-1')
    await vi.waitFor(() => expect(answer.length).toBe(1))
    await manager.logout()
    answer(tokenReply('too-late'))
    await running
    expect(token.get()).toBeNull()
  })
})

describe('signing in and out', () => {
  it('signs out every tab', async () => {
    const openTab = browser()
    const [one, two] = [openTab(), openTab()]
    await one.manager.login({ username: 'hanako', password: 'x' })
    await vi.waitFor(() => expect(two.token.get()).not.toBeNull())
    await two.manager.logout()
    await vi.waitFor(() => expect(one.token.get()).toBeNull())
    expect(one.events.at(-1)).toEqual({ type: 'signed-out', reason: 'chosen' })
  })

  it('signs out here even if the server can not be reached', async () => {
    const { manager, token } = browser(fakeSessionApi({ logout: refused(0) }))()
    await manager.login({ username: 'hanako', password: 'x' })
    expect(await manager.logout()).toBe('due')
    expect(token.get()).toBeNull()
  })

  it('tells the server of that as soon as it can, and once', async () => {
    const logout = vi
      .fn<SessionApi['logout']>()
      .mockImplementationOnce(refused(0))
      .mockImplementationOnce(refused(503))
      .mockImplementation(() => Promise.resolve())
    const openTab = browser(fakeSessionApi({ logout }))
    const { manager } = openTab()
    await manager.login({ username: 'hanako', password: 'x' })
    await manager.logout()
    for (let attempt = 0; attempt < 3; attempt += 1) await openTab().manager.finishSignOut()
    expect(logout).toHaveBeenCalledTimes(3)
  })

  it('does not end a later session with a sign-out that was still due', async () => {
    const logout = vi.fn<SessionApi['logout']>(refused(0))
    const { manager } = browser(fakeSessionApi({ logout }))()
    await manager.login({ username: 'hanako', password: 'x' })
    await manager.logout()
    await manager.login({ username: 'hanako', password: 'x' })
    logout.mockClear()
    await manager.finishSignOut()
    expect(logout).not.toHaveBeenCalled()
  })

  it('counts a session that the server no longer knows as signed out', async () => {
    const { manager } = browser(fakeSessionApi({ logout: refused(401) }))()
    await manager.login({ username: 'hanako', password: 'x' })
    expect(await manager.logout()).toBe('done')
  })

  it('asks for a second factor before it signs in', async () => {
    const challenge: MfaChallenge = { mfa_required: true, mfa_token: 'm1', methods: ['totp'] }
    const openTab = browser(fakeSessionApi({ login: () => Promise.resolve(challenge) }))
    const { manager, token, events } = openTab()
    expect(await manager.login({ username: 'hanako', password: 'x' })).toEqual(challenge)
    expect({ token: token.get(), events }).toEqual({ token: null, events: [] })
    await manager.answerChallenge({ mfa_token: 'm1', method: 'totp', code: '123456' })
    expect(token.get()).toBe('token-1')
  })

  it('takes up a session that a redirect has left, though nothing hints at one', async () => {
    const { manager, token } = browser()()
    expect(await manager.arrive()).toBe(true)
    expect(token.get()).toBe('token-1')
  })

  it('does not believe a message that is older than its own sign-out', async () => {
    const tabs = fakeTabs()
    const channel = tabs.open()
    const token = createTokenHolder()
    const manager = createSessionManager({
      api: fakeSessionApi(),
      token,
      lock: webLock(fakeLocks()),
      channel: tabs.open(),
    })
    await manager.login({ username: 'hanako', password: 'x' })
    await manager.logout()
    channel.post({ type: 'signed-in', reply: tokenReply('stale'), at: Date.now() - 1000 })
    channel.post({ type: 'signed-in', reply: tokenReply('fresh'), at: Date.now() + 1000 })
    await vi.waitFor(() => expect(token.get()).toBe('fresh'))
  })

  it('leaves no credential in any storage', async () => {
    const { manager } = browser()()
    await manager.login({ username: 'hanako', password: 'Secret-1' })
    await manager.refresh('token-1')
    const stored = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])
    expect(stored).not.toMatch(/token-|Secret/u)
    expect(localStorage.length).toBe(1)
  })
})

describe('a page load', () => {
  it('brings the session back when someone was signed in', async () => {
    const openTab = browser()
    await openTab().manager.login({ username: 'hanako', password: 'x' })
    const later = openTab()
    expect(await later.manager.restore()).toBe(true)
    expect(later.events[0]).toMatchObject({ type: 'signed-in', user: { username: 'hanako' } })
  })

  it('does not bother the server when nobody was', async () => {
    const api = fakeSessionApi()
    expect(await browser(api)().manager.restore()).toBe(false)
    expect(api.issued()).toBe(0)
  })

  it('finds out that the session has ended meanwhile, and remembers it', async () => {
    const refresh = vi.fn<SessionApi['refresh']>(refused(401))
    const openTab = browser(fakeSessionApi({ refresh }))
    await openTab().manager.login({ username: 'hanako', password: 'x' })
    expect(await openTab().manager.restore()).toBe(false)
    expect(await openTab().manager.restore()).toBe(false)
    expect(refresh).toHaveBeenCalledOnce()
  })

  it('rejects when it can not find out', async () => {
    const openTab = browser(fakeSessionApi({ refresh: refused(0) }))
    await openTab().manager.login({ username: 'hanako', password: 'x' })
    await expect(openTab().manager.restore()).rejects.toBeInstanceOf(AppError)
  })
})
