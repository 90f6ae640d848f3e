import { describe, expect, it, vi } from 'vitest'
import { createBus } from './bus'

function fail(error: unknown): never {
  throw error
}

describe('createBus', () => {
  it('calls the handlers of the type, in the order in which they came', () => {
    const bus = createBus(fail)
    const calls: string[] = []
    bus.on('room_changed', ({ room }) => void calls.push(`a ${room}`))
    bus.on('room_changed', ({ room }) => void calls.push(`b ${room}`))
    bus.on('account_changed', () => void calls.push('c'))
    bus.emit({ type: 'room_changed', room: 'general' })
    expect(calls).toEqual(['a general', 'b general'])
  })

  it('does not call who has stopped, and stops each registration by itself', () => {
    const bus = createBus(fail)
    const handler = vi.fn<() => void>()
    const stop = bus.on('account_changed', handler)
    bus.on('account_changed', handler)
    stop()
    bus.emit({ type: 'account_changed' })
    expect(handler).toHaveBeenCalledOnce()
  })

  it('does not let a new handler hear what came before it', () => {
    const bus = createBus(fail)
    const late = vi.fn<() => void>()
    bus.on('account_changed', () => void bus.on('account_changed', late))
    bus.emit({ type: 'account_changed' })
    expect(late).not.toHaveBeenCalled()
  })

  it('goes on when a handler fails, and says so', async () => {
    const onFailure = vi.fn<(error: unknown) => void>()
    const bus = createBus(onFailure)
    const others = vi.fn<() => void>()
    bus.on('account_changed', () => {
      throw new Error('at once')
    })
    bus.on('account_changed', () => Promise.reject(new Error('later')))
    bus.on('account_changed', others)
    bus.emit({ type: 'account_changed' })
    expect(others).toHaveBeenCalledOnce()
    await vi.waitFor(() => expect(onFailure).toHaveBeenCalledTimes(2))
    expect(onFailure.mock.calls.map(([error]) => String(error))).toEqual([
      'Error: at once',
      'Error: later',
    ])
  })
})
