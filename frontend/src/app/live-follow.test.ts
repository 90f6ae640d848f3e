import { useQuery } from '@pinia/colada'
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type App, defineComponent, getCurrentInstance, nextTick } from 'vue'
import { onFrame, useRealtimeStore } from '@/realtime'
import type { FeatureModule } from '@/shared/lib/feature'
import { useErrorStore } from '@/shared/stores/errors'
import { resetSessionState } from '@/shared/stores/reset'
import { useSessionStore } from '@/shared/stores/session'
import { eventually, serve } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { sessionUser } from '@/testing/session'
import { type FakeSocket, fakeSockets } from '@/testing/socket'
import { followLive } from './live-follow'

const locales = {
  en: () => Promise.resolve({ default: {} }),
  ja: () => Promise.resolve({ default: {} }),
}

let opened: FakeSocket[] = []
let loads = 0
let account = sessionUser()

/** A page with one query, whose application follows the session. */
async function openApp(live?: FeatureModule['live']) {
  let app!: App
  const Page = defineComponent(() => {
    app = getCurrentInstance()!.appContext.app
    const { data } = useQuery({ key: ['page'], query: () => Promise.resolve((loads += 1)) })
    return () => String(data.value)
  })
  await mountWithApp(Page)
  followLive(app, [{ name: 'test', locales, live }])
  return useSessionStore()
}

function signIn(changes = {}): void {
  const session = useSessionStore()
  session.user = sessionUser(changes)
  session.status = 'signed-in'
}

async function connected(): Promise<FakeSocket> {
  const socket = await eventually(() => {
    expect(opened).toHaveLength(1)
    return opened[0]!
  })
  socket.accept()
  await flushPromises()
  return socket
}

beforeEach(() => {
  opened = fakeSockets()
  loads = 0
  account = sessionUser()
})
afterEach(() => useRealtimeStore().disconnect())

describe('followLive', () => {
  it('connects whoever signs in, when everyone listens', async () => {
    serve({ 'POST /ws/ticket': { ticket: 't', expires_in: 30 } })
    const heard = vi.fn<() => void>()
    await openApp(() => Promise.resolve({ start: () => void onFrame('hello', heard) }))
    await flushPromises()
    expect(opened).toEqual([])
    signIn()
    await connected()
    expect(heard).toHaveBeenCalledOnce()
    expect(loads).toBe(1)
  })

  it('ends with the session, and with it what listened', async () => {
    serve({ 'POST /ws/ticket': { ticket: 't', expires_in: 30 } })
    const heard = vi.fn<() => void>()
    const start = () => void onFrame('room_changed', heard)
    const session = await openApp(() => Promise.resolve({ start }))
    signIn()
    const socket = await connected()
    session.user = null
    session.status = 'signed-out'
    resetSessionState()
    await nextTick()
    expect(socket.closedWith).toBe(1000)
    useRealtimeStore().connect()
    await eventually(() => expect(opened).toHaveLength(2))
    opened[1]!.accept()
    opened[1]!.deliver({ type: 'room_changed', room: 'general' })
    expect(heard).not.toHaveBeenCalled()
  })

  it('connects anew for another person', async () => {
    serve({ 'POST /ws/ticket': { ticket: 't', expires_in: 30 } })
    await openApp()
    signIn()
    const first = await connected()
    resetSessionState()
    signIn({ id: 2, username: 'taro' })
    await eventually(() => expect(opened).toHaveLength(2))
    expect(first.closedWith).toBe(1000)
  })

  it('connects although a feature can not be loaded, and says so', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    serve({ 'POST /ws/ticket': { ticket: 't', expires_in: 30 } })
    await openApp(() => Promise.reject(new TypeError('no file')))
    signIn()
    await connected()
    expect(useErrorStore().globalError).toMatchObject({ context: 'test.live' })
  })
})

describe('the application', () => {
  beforeEach(() => {
    serve({
      'POST /ws/ticket': { ticket: 't', expires_in: 30 },
      'GET /users/me': () => account,
    })
  })

  it('fetches anew what is shown after a reconnect, and who is signed in', async () => {
    const session = await openApp()
    signIn()
    const socket = await connected()
    account = sessionUser({ permissions: ['users:read'] })
    socket.accept()
    await eventually(() => expect(loads).toBe(2))
    await eventually(() => expect(session.permissions).toEqual(['users:read']))
  })

  it('fetches anew what is shown when something outside of rooms was missed', async () => {
    await openApp()
    signIn()
    const socket = await connected()
    socket.deliver({ type: 'resync', room: 'general', reason: 'too_many' })
    await flushPromises()
    expect(loads).toBe(1)
    socket.deliver({ type: 'resync', room: null, reason: 'behind' })
    await eventually(() => expect(loads).toBe(2))
  })

  it('fetches anew what is shown when the first connection took its time', async () => {
    await openApp()
    signIn()
    await eventually(() => expect(opened).toHaveLength(1))
    const now = Date.now()
    vi.spyOn(Date, 'now').mockReturnValue(now + 6000)
    opened[0]!.accept()
    await eventually(() => expect(loads).toBe(2))
  })

  it('takes in a change of the account, the last one too', async () => {
    const session = await openApp()
    signIn()
    const socket = await connected()
    account = sessionUser({ full_name: 'Hanako' })
    socket.deliver({ type: 'account_changed' })
    account = sessionUser({ full_name: 'Hanako Yuki' })
    socket.deliver({ type: 'account_changed' })
    await eventually(() => expect(session.user?.full_name).toBe('Hanako Yuki'))
    expect(loads).toBe(1)
  })
})
