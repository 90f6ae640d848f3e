import { disposePinia } from 'pinia'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick, ref } from 'vue'
import { resetSessionState } from '@/shared/stores/reset'
import { mountWithApp } from '@/testing/mount'
import { fakeSockets, openLive } from '@/testing/socket'
import { onFrame, onReady, request, send, useRealtimeStore, useRoomSubscription } from './index'

/** A page that can show a component twice, or not at all. */
async function openPage(Shown: ReturnType<typeof defineComponent>) {
  const count = ref(1)
  const Page = defineComponent(
    () => () => Array.from({ length: count.value }, (_, key) => h(Shown, { key })),
  )
  const { pinia } = await mountWithApp(Page)
  return {
    pinia,
    async show(howMany: number) {
      count.value = howMany
      await nextTick()
    },
  }
}

const Nothing = defineComponent(() => () => null)

describe('onFrame', () => {
  it('hears as long as its component lives', async () => {
    const heard = vi.fn<(value: unknown) => void>()
    const Listening = defineComponent(() => {
      onFrame('room_changed', ({ room }) => heard(room))
      return () => null
    })
    const { show } = await openPage(Listening)
    const socket = await openLive()
    socket.deliver({ type: 'room_changed', room: 'one' })
    await show(0)
    socket.deliver({ type: 'room_changed', room: 'two' })
    expect(heard.mock.calls).toEqual([['one']])
  })

  it('hears until it is stopped, outside of a component', async () => {
    await openPage(Nothing)
    const heard = vi.fn<(value: unknown) => void>()
    const stop = onFrame('account_changed', heard)
    const socket = await openLive()
    socket.deliver({ type: 'account_changed' })
    stop()
    socket.deliver({ type: 'account_changed' })
    expect(heard).toHaveBeenCalledOnce()
  })
})

it('onReady tells of each connection', async () => {
  await openPage(Nothing)
  const ready = vi.fn<() => void>()
  onReady(ready)
  const socket = await openLive()
  expect(ready).toHaveBeenCalledOnce()
  socket.accept()
  expect(ready).toHaveBeenCalledTimes(2)
})

describe('useRoomSubscription', () => {
  const subscribed = (room: string, seq: number) =>
    ({ type: 'subscribed', room, epoch: 'e', seq, recovered: false }) as const

  it('hears a room once for two components, and leaves it with the second', async () => {
    const InRoom = defineComponent(() => {
      useRoomSubscription('general')
      return () => null
    })
    const { show } = await openPage(InRoom)
    const socket = await openLive()
    await show(2)
    expect(socket.sentOf('subscribe')).toHaveLength(1)
    await show(1)
    expect(socket.sentOf('unsubscribe')).toEqual([])
    await show(0)
    expect(socket.sentOf('unsubscribe')).toEqual([{ type: 'unsubscribe', room: 'general' }])
  })

  it('follows the name it is given', async () => {
    const name = ref<string | null>('one')
    const states: boolean[] = []
    const InRoom = defineComponent(() => {
      const { isHeard, error } = useRoomSubscription(name)
      return () => {
        states.push(isHeard.value)
        return error.value?.message
      }
    })
    await openPage(InRoom)
    const socket = await openLive()
    socket.deliver(subscribed('one', 3))
    await nextTick()
    name.value = 'two'
    await nextTick()
    socket.deliver(subscribed('two', 3))
    await nextTick()
    name.value = null
    await nextTick()
    expect(socket.sentOf('subscribe').map(({ room }) => room)).toEqual(['one', 'two'])
    expect(socket.sentOf('unsubscribe').map(({ room }) => room)).toEqual(['one', 'two'])
    expect(states).toEqual([false, true, false, true, false])
  })

  it('passes on what follows, and not what is known', async () => {
    const heard = vi.fn<(value: unknown) => void>()
    const InRoom = defineComponent(() => {
      useRoomSubscription('general')
      onFrame('message_deleted', ({ seq }) => heard(seq))
      return () => null
    })
    await openPage(InRoom)
    const socket = await openLive()
    socket.deliver(subscribed('general', 3))
    const user = { id: 2, username: 'jiro', full_name: null }
    const gone = { type: 'message_deleted', id: 1, room: 'general', user, timestamp: '' } as const
    for (const seq of [3, 4, 4, 5]) socket.deliver({ ...gone, seq })
    expect(heard.mock.calls).toEqual([[4], [5]])
  })
})

describe('the store', () => {
  it('sends and asks over the connection', async () => {
    await openPage(Nothing)
    send({ type: 'typing', room: 'general', is_typing: true })
    const answer = request({ type: 'delete', id: 4, cid: 'd' })
    const socket = await openLive()
    send({ type: 'typing', room: 'general', is_typing: false })
    expect(socket.sent).toEqual([
      { type: 'delete', id: 4, cid: 'd' },
      { type: 'typing', room: 'general', is_typing: false },
    ])
    socket.deliver({ type: 'done', cid: 'd' })
    expect(await answer).toEqual({ type: 'done', cid: 'd' })
  })

  it('lets go of everything when the session ends', async () => {
    await openPage(Nothing)
    const socket = await openLive()
    const store = useRealtimeStore()
    const waiting = request({ type: 'delete', id: 4 })
    resetSessionState()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    expect([store.status, socket.closedWith]).toEqual(['off', 1000])
  })

  it('goes with the application', async () => {
    const { pinia } = await openPage(Nothing)
    const socket = await openLive()
    disposePinia(pinia)
    expect(socket.closedWith).toBe(1000)
  })

  it.each([
    ['is online again', () => window.dispatchEvent(new Event('online'))],
    ['is looked at', () => document.dispatchEvent(new Event('visibilitychange'))],
    ['is told to', () => useRealtimeStore().retry()],
  ])('does not wait any longer when the tab %s', async (_name, happen) => {
    await openPage(Nothing)
    const socket = await openLive()
    const store = useRealtimeStore()
    socket.drop()
    expect(store.status).toBe('waiting')
    expect(store.retryAt).toBeGreaterThan(Date.now())
    const opened = fakeSockets()
    happen()
    expect([store.status, store.retryAt]).toEqual(['connecting', null])
    await vi.waitFor(() => expect(opened).toHaveLength(1))
  })

  it('looks whether the connection still stands when the network is gone', async () => {
    await openPage(Nothing)
    const socket = await openLive()
    window.dispatchEvent(new Event('offline'))
    expect(socket.sent).toEqual([{ type: 'ping' }])
  })

  it('comes back, for good, when it is told to after a refusal', async () => {
    await openPage(Nothing)
    const socket = await openLive()
    const store = useRealtimeStore()
    socket.drop(4003)
    expect(store.status).toBe('off')
    const opened = fakeSockets()
    store.retry()
    await vi.waitFor(() => expect(opened).toHaveLength(1))
    opened[0]!.accept()
    expect(store.status).toBe('open')
  })
})
