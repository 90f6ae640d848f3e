import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FakeSocket, fakeSockets } from '@/testing/socket'
import { type LinkEvents, openLink } from './link'

const events = {
  onHello: vi.fn<LinkEvents['onHello']>(),
  onFrame: vi.fn<LinkEvents['onFrame']>(),
  onClosed: vi.fn<LinkEvents['onClosed']>(),
}

function open(): { link: ReturnType<typeof openLink>; socket: FakeSocket } {
  const opened = fakeSockets()
  const link = openLink('ws://localhost/api/v1/ws?token=t', events)
  return { link, socket: opened[0]! }
}

beforeEach(() => {
  vi.useFakeTimers()
  for (const spy of Object.values(events)) spy.mockReset()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('openLink', () => {
  it('hands on what the server says, beginning with its hello', () => {
    const { socket } = open()
    socket.accept()
    socket.deliver({ type: 'account_changed' })
    expect(events.onHello).toHaveBeenCalledOnce()
    expect(events.onFrame.mock.calls.map(([frame]) => frame.type)).toEqual([
      'hello',
      'account_changed',
    ])
  })

  it('pings as often as the server wants, and stays while it is answered', () => {
    const { socket } = open()
    socket.accept({ heartbeat_s: 10 })
    for (let beat = 0; beat < 3; beat += 1) {
      vi.advanceTimersByTime(10_000)
      socket.deliver({ type: 'pong', timestamp: '2026-01-31T09:30:00Z' })
    }
    expect(socket.sentOf('ping')).toHaveLength(3)
    expect(events.onClosed).not.toHaveBeenCalled()
  })

  it('takes any frame for an answer', () => {
    const { socket } = open()
    socket.accept({ heartbeat_s: 10 })
    vi.advanceTimersByTime(10_000)
    socket.deliver({ type: 'account_changed' })
    vi.advanceTimersByTime(10_000)
    expect(events.onClosed).not.toHaveBeenCalled()
  })

  it('gives up what is silent for two heartbeats, without waiting for it to close', () => {
    const { socket } = open()
    socket.accept({ heartbeat_s: 10 })
    vi.advanceTimersByTime(19_999)
    expect(events.onClosed).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(socket.closedWith).toBe(4011)
    expect(events.onClosed.mock.calls).toEqual([[4011]])
    // What it still says, and that it closes in the end, is of no interest.
    socket.deliver({ type: 'account_changed' })
    socket.drop()
    expect(events.onClosed).toHaveBeenCalledOnce()
    expect(events.onFrame).toHaveBeenCalledOnce()
  })

  it('gives up a server that does not say hello', () => {
    const { socket } = open()
    vi.advanceTimersByTime(10_000)
    expect(socket.closedWith).toBe(4011)
    expect(events.onClosed.mock.calls).toEqual([[4011]])
  })

  it('does not take long to see that the network is gone, when it is asked to look', () => {
    const { link, socket } = open()
    socket.accept()
    link.probe()
    link.probe()
    expect(socket.sentOf('ping')).toHaveLength(1)
    vi.advanceTimersByTime(5000)
    expect(events.onClosed.mock.calls).toEqual([[4011]])
  })

  it('goes on when that check is answered', () => {
    const { link, socket } = open()
    socket.accept()
    link.probe()
    socket.deliver({ type: 'pong', timestamp: '2026-01-31T09:30:00Z' })
    vi.advanceTimersByTime(24_000)
    expect(events.onClosed).not.toHaveBeenCalled()
  })

  it('says with which code it ended', () => {
    const { socket } = open()
    socket.accept()
    socket.drop(1012)
    expect(events.onClosed.mock.calls).toEqual([[1012]])
    vi.advanceTimersByTime(100_000)
    expect(socket.sent).toEqual([])
  })

  it('says nothing about an end that we want', () => {
    const { link, socket } = open()
    socket.accept()
    link.close(1000)
    socket.drop(1000)
    vi.advanceTimersByTime(100_000)
    expect(socket.closedWith).toBe(1000)
    expect(events.onClosed).not.toHaveBeenCalled()
  })
})
