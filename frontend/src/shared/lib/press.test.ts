import { describe, expect, it, vi } from 'vitest'
import { whenReleased } from './press'

const fire = (type: string) => document.body.dispatchEvent(new Event(type, { bubbles: true }))

describe('whenReleased', () => {
  it('runs at once while nothing is pressed', () => {
    const run = vi.fn<() => void>()
    whenReleased(run)
    expect(run).toHaveBeenCalledOnce()
  })

  it('waits for the click that a press becomes, and comes before what that does', () => {
    const order: string[] = []
    document.body.addEventListener('click', () => order.push('click'), { once: true })
    fire('pointerdown')
    whenReleased(() => order.push('left'))
    fire('pointerup')
    expect(order).toEqual([])
    fire('click')
    expect(order).toEqual(['left', 'click'])
  })

  it.each(['pointerup', 'pointercancel'])('ends with %s where there is no click', (end) => {
    vi.useFakeTimers()
    const run = vi.fn<() => void>()
    fire('pointerdown')
    whenReleased(run)
    fire(end)
    vi.runAllTimers()
    vi.useRealTimers()
    expect(run).toHaveBeenCalledOnce()
  })
})
