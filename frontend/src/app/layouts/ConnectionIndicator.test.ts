import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { mountWithApp } from '@/testing/mount'
import { fakeSockets, openLive } from '@/testing/socket'
import ConnectionIndicator from './ConnectionIndicator.vue'

async function open(language: 'en' | 'ja' = 'en') {
  const { wrapper } = await mountWithApp(ConnectionIndicator, { language })
  const socket = await openLive()
  await nextTick()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  return {
    wrapper,
    socket,
    text: () => wrapper.find('button span').exists() && wrapper.get('button span').text(),
    async pass(ms: number) {
      vi.advanceTimersByTime(ms)
      await nextTick()
    },
  }
}

function setOnline(isOnline: boolean): void {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(isOnline)
  window.dispatchEvent(new Event(isOnline ? 'online' : 'offline'))
}

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(1)
})
afterEach(() => {
  vi.useRealTimers()
})

describe('ConnectionIndicator', () => {
  it('is not seen while there is a connection, nor for a short interruption', async () => {
    const { socket, text, pass } = await open()
    await pass(60_000)
    expect(text()).toBe(false)
    socket.drop()
    await pass(999)
    expect(text()).toBe(false)
  })

  it.each([
    ['en', 'Reconnecting…', 'Offline'],
    ['ja', '再接続中…', 'オフライン'],
  ] as const)('says what the matter is (%s)', async (language, reconnecting, offline) => {
    const { wrapper, socket, text, pass } = await open(language)
    const opened = fakeSockets()
    socket.drop(1012)
    await nextTick()
    await pass(2000)
    expect(text()).toBe(reconnecting)
    expect(wrapper.get('[role="status"]').text()).toContain(reconnecting)
    setOnline(false)
    await nextTick()
    expect(text()).toBe(offline)
    setOnline(true)
    await nextTick()
    expect(text()).toBe(reconnecting)
    vi.useRealTimers()
    await vi.waitFor(() => expect(opened).not.toEqual([]))
    opened.at(-1)!.accept()
    await nextTick()
    expect(text()).toBe(false)
  })

  it('tries at once when it is pressed, also what was given up', async () => {
    const { wrapper, socket, text, pass } = await open()
    const opened = fakeSockets()
    socket.drop(4003)
    await nextTick()
    await pass(2000)
    expect(text()).toBe('No live updates')
    vi.useRealTimers()
    await wrapper.get('button').trigger('click')
    await flushPromises()
    await vi.waitFor(() => expect(opened).toHaveLength(1))
    expect(text()).toBe('Reconnecting…')
  })
})
