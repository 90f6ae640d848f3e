import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '@/api'
import { type FakeSocket, fakeSockets } from '@/testing/socket'
import { createSocket, type SocketParts } from './socket'

const STEADY_MS = 10_000

let opened: FakeSocket[] = []
let tickets = 0
let stop = () => undefined as void

const admission = {
  renew: vi.fn<() => Promise<void>>(),
  ticket: vi.fn<() => Promise<string>>(),
  address: vi.fn<() => Promise<string>>(),
}

/** A connection that was asked for; half of the range of each wait is waited. */
async function begin() {
  const onFrame = vi.fn<SocketParts['onFrame']>()
  const socket = createSocket({ admission, onFrame, random: () => 0.5 })
  stop = socket.disconnect
  socket.connect()
  await settled()
  return { ...socket, onFrame }
}

const settled = () => vi.advanceTimersByTimeAsync(0)
const latest = () => opened.at(-1)!

/** Connected for so long that the next end of it is a first trouble. */
async function beginSteady() {
  const socket = await begin()
  latest().accept()
  await vi.advanceTimersByTimeAsync(STEADY_MS)
  return socket
}

beforeEach(() => {
  vi.useFakeTimers()
  opened = fakeSockets()
  tickets = 0
  admission.renew.mockReset().mockResolvedValue()
  admission.ticket.mockReset().mockImplementation(() => Promise.resolve(`ticket-${(tickets += 1)}`))
  admission.address
    .mockReset()
    .mockImplementation(async () => `ws://x/?token=${await admission.ticket()}`)
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

describe('a connection', () => {
  it('is open once the server has said hello', async () => {
    const { status, send, onFrame } = await begin()
    expect(latest().url).toBe('ws://x/?token=ticket-1')
    expect([status.value, send({ type: 'ping' })]).toEqual(['connecting', false])
    latest().accept()
    expect([status.value, send({ type: 'ping' })]).toEqual(['open', true])
    expect(latest().sent).toEqual([{ type: 'ping' }])
    expect(onFrame.mock.calls[0]![0]).toMatchObject({ type: 'hello' })
  })

  it('is made once, however often it is asked for', async () => {
    const { connect } = await begin()
    connect()
    latest().accept()
    connect()
    await settled()
    expect(opened).toHaveLength(1)
  })

  it('is closed when it is not wanted any more', async () => {
    const { status, disconnect } = await begin()
    latest().accept()
    disconnect()
    expect(latest().closedWith).toBe(1000)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([status.value, opened.length]).toEqual(['off', 1])
  })

  it('is not made when it was given up while the ticket was on its way', async () => {
    let give!: (address: string) => void
    admission.address.mockReturnValue(new Promise((resolve) => (give = resolve)))
    const { status, disconnect } = await begin()
    disconnect()
    give('ws://x/?token=late')
    await settled()
    expect([status.value, opened.length]).toEqual(['off', 0])
  })
})

describe('connecting again', () => {
  it('waits longer from failure to failure, each time with another ticket', async () => {
    const { status, retryAt } = await begin()
    for (const wait of [750, 1250, 2250, 4250, 8250, 10_250, 10_250]) {
      const before = opened.length
      latest().drop()
      expect(status.value).toBe('waiting')
      expect(retryAt.value! - Date.now()).toBe(wait)
      await vi.advanceTimersByTimeAsync(wait - 1)
      expect(opened).toHaveLength(before)
      await vi.advanceTimersByTimeAsync(1)
      expect(opened).toHaveLength(before + 1)
    }
    expect(latest().url).toBe('ws://x/?token=ticket-8')
  })

  it('takes no hello for a success that does not last', async () => {
    const { retryAt } = await begin()
    latest().accept()
    latest().drop(1013)
    await vi.advanceTimersByTimeAsync(750)
    latest().accept()
    latest().drop(1013)
    expect(retryAt.value! - Date.now()).toBe(1250)
  })

  it('begins with a short wait after one that did', async () => {
    const { retryAt } = await begin()
    for (const wait of [750, 1250]) {
      latest().drop()
      await vi.advanceTimersByTimeAsync(wait)
    }
    latest().accept()
    await vi.advanceTimersByTimeAsync(STEADY_MS)
    latest().drop(4009)
    expect(retryAt.value! - Date.now()).toBe(750)
  })

  it('goes on when there is no ticket, and waits as long as the server says', async () => {
    admission.address.mockRejectedValueOnce(new AppError({ code: 'NETWORK_ERROR' }))
    const { status, retryAt } = await begin()
    expect([status.value, retryAt.value! - Date.now()]).toEqual(['waiting', 750])
    const tooOften = new AppError({ code: 'RATE_LIMITED', status: 429, retryAfter: 7 })
    admission.address.mockRejectedValueOnce(tooOften)
    await vi.advanceTimersByTimeAsync(750)
    expect(retryAt.value! - Date.now()).toBe(7000)
    await vi.advanceTimersByTimeAsync(7000)
    expect(opened).toHaveLength(1)
  })

  it('gives up what does not answer, and connects again', async () => {
    const { status } = await begin()
    latest().accept({ heartbeat_s: 20 })
    await vi.advanceTimersByTimeAsync(40_000)
    expect([latest().closedWith, status.value]).toEqual([4011, 'waiting'])
    await vi.advanceTimersByTimeAsync(750)
    expect(opened).toHaveLength(2)
  })

  it('comes back when a server that stops has said so', async () => {
    const { status } = await begin()
    latest().accept()
    latest().deliver({ type: 'reconnect', after_ms: 3200 })
    expect([latest().closedWith, status.value]).toEqual([1000, 'waiting'])
    latest().drop(1012)
    await vi.advanceTimersByTimeAsync(3199)
    expect(opened).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(opened).toHaveLength(2)
  })

  it('waits a little after a restart that was not announced', async () => {
    await beginSteady()
    latest().drop(1012)
    await vi.advanceTimersByTimeAsync(750)
    expect(opened).toHaveLength(2)
    expect(admission.renew).not.toHaveBeenCalled()
  })

  it('does not wait when there is hurry', async () => {
    const { hurry, retryAt } = await begin()
    latest().drop()
    hurry()
    await settled()
    expect([opened.length, retryAt.value]).toEqual([2, null])
    await vi.advanceTimersByTimeAsync(5000)
    expect(opened).toHaveLength(2)
  })

  it('checks an open connection when there is hurry', async () => {
    const { hurry, status } = await begin()
    latest().accept()
    hurry()
    await vi.advanceTimersByTimeAsync(5000)
    expect(latest().sentOf('ping')).toHaveLength(1)
    expect(status.value).toBe('waiting')
  })
})

describe('what the server refuses', () => {
  it.each([4003, 4004])('does not come back after %i, until it is asked to', async (code) => {
    const { status, connect, hurry } = await begin()
    latest().drop(code)
    hurry()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([status.value, opened.length]).toEqual(['off', 1])
    connect()
    await settled()
    expect(opened).toHaveLength(2)
  })

  it('renews the session after 4001 and connects again, but only once', async () => {
    const { status } = await begin()
    latest().drop(4001)
    await vi.advanceTimersByTimeAsync(750)
    expect([admission.renew.mock.calls.length, opened.length]).toEqual([1, 2])
    latest().accept()
    latest().drop(4001)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([status.value, opened.length]).toEqual(['off', 2])
    expect(admission.renew).toHaveBeenCalledOnce()
  })

  it('takes a refusal for a first one after a connection that held', async () => {
    await begin()
    latest().drop(4001)
    await vi.advanceTimersByTimeAsync(750)
    latest().accept()
    await vi.advanceTimersByTimeAsync(STEADY_MS)
    latest().drop(4001)
    await vi.advanceTimersByTimeAsync(750)
    expect([admission.renew.mock.calls.length, opened.length]).toEqual([2, 3])
  })

  it('still renews the session when that did not work at first', async () => {
    admission.renew.mockRejectedValueOnce(new AppError({ code: 'NETWORK_ERROR' }))
    await begin()
    latest().drop(4001)
    await vi.advanceTimersByTimeAsync(750)
    expect(opened).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1250)
    expect([admission.renew.mock.calls.length, opened.length]).toEqual([2, 2])
  })

  it('leaves alone a session that is signed out of at that moment', async () => {
    const { disconnect } = await beginSteady()
    latest().drop(4001)
    await settled()
    disconnect()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([admission.renew.mock.calls.length, opened.length]).toEqual([0, 1])
  })

  it('gets another token when the one in use has expired, without a wait', async () => {
    const { status } = await beginSteady()
    latest().drop(4010)
    await settled()
    expect([admission.renew.mock.calls.length, opened.length]).toEqual([1, 2])
    latest().accept()
    expect(status.value).toBe('open')
  })

  it('does not spin when each token is an expired one', async () => {
    const { status } = await begin()
    latest().drop(4010)
    await settled()
    expect([status.value, opened.length]).toEqual(['waiting', 1])
    await vi.advanceTimersByTimeAsync(750)
    expect([admission.renew.mock.calls.length, opened.length]).toEqual([1, 2])
  })
})

it('gives an open connection another token before its own expires', async () => {
  const { disconnect } = await begin()
  latest().accept({ expires_in: 900, heartbeat_s: 10_000 })
  await vi.advanceTimersByTimeAsync(840_000)
  expect(latest().sent).toEqual([{ type: 'auth', token: 'ticket-2' }])
  const user = { id: 1, username: 'hanako', full_name: null }
  latest().deliver({ type: 'authenticated', user, expires_in: 900 })
  await vi.advanceTimersByTimeAsync(840_000)
  expect(latest().sentOf('auth')).toHaveLength(2)
  disconnect()
  await vi.advanceTimersByTimeAsync(900_000)
  expect([admission.renew.mock.calls.length, opened.length]).toEqual([2, 1])
})
