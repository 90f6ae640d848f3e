import { describe, expect, it, vi } from 'vitest'
import { createBus } from './bus'

describe('createBus', () => {
  it('calls the handlers of the type, in the order in which they came', () => {
    const bus = createBus()
    const calls: string[] = []
    bus.on('room_changed', ({ room }) => void calls.push(`a ${room}`))
    bus.on('room_changed', ({ room }) => void calls.push(`b ${room}`))
    bus.on('account_changed', () => void calls.push('c'))
    bus.emit({ type: 'room_changed', room: 'general' })
    expect(calls).toEqual(['a general', 'b general'])
  })

  it('does not call who has stopped, and stops each registration by itself', () => {
    const bus = createBus()
    const handler = vi.fn()
    const stop = bus.on('account_changed', handler)
    bus.on('account_changed', handler)
    stop()
    bus.emit({ type: 'account_changed' })
    expect(handler).toHaveBeenCalledOnce()
  })

  it('does not let a new handler hear what came before it', () => {
    const bus = createBus()
    const late = vi.fn()
    bus.on('account_changed', () => void bus.on('account_changed', late))
    bus.emit({ type: 'account_changed' })
    expect(late).not.toHaveBeenCalled()
  })

  it('shows what a handler throws to the last net, and goes on', async () => {
    const bus = createBus()
    const others = vi.fn()
    const error = new Error('broken')
    bus.on('account_changed', () => {
      throw error
    })
    bus.on('account_changed', others)
    const rejected = vi.fn()
    process.once('unhandledRejection', rejected)
    bus.emit({ type: 'account_changed' })
    expect(others).toHaveBeenCalledOnce()
    await vi.waitFor(() => expect(rejected.mock.calls[0]?.[0]).toBe(error))
  })
})
