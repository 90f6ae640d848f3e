import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, nextTick, ref } from 'vue'
import { usePictureGestures } from './usePictureGestures'

/** A frame of 200 pixels at (100, 50), and what was done in it. */
async function frameWithGestures() {
  const done: unknown[][] = []
  const round = (value: number) => Math.round(value * 100) / 100
  const Frame = defineComponent(() => {
    const frame = ref<HTMLElement | null>(null)
    usePictureGestures(frame, {
      move: ({ x, y }) => done.push(['move', round(x), round(y)]),
      zoom: (factor, { x, y }) => done.push(['zoom', round(factor), round(x), round(y)]),
    })
    return () => h('div', { ref: frame })
  })
  const wrapper = mount(Frame)
  const { element } = wrapper
  // Then the listeners are there.
  await nextTick()
  const rect = { left: 100, top: 50, width: 200, height: 200 }
  Object.assign(element, {
    getBoundingClientRect: () => rect,
    setPointerCapture: () => undefined,
  })
  return {
    done,
    point: (type: string, pointerId: number, clientX: number, clientY: number) =>
      element.dispatchEvent(new PointerEvent(type, { pointerId, clientX, clientY })),
    roll: (deltaY: number, deltaMode: number) => {
      const event = new WheelEvent('wheel', { deltaY, deltaMode, cancelable: true })
      Object.assign(event, { clientX: 200, clientY: 100 })
      element.dispatchEvent(event)
      return event
    },
  }
}

describe('a picture in its frame', () => {
  it('is dragged by one finger while that is down', async () => {
    const { done, point } = await frameWithGestures()
    point('pointermove', 1, 150, 100)
    point('pointerdown', 1, 200, 150)
    point('pointermove', 1, 250, 130)
    point('pointerup', 1, 250, 130)
    point('pointermove', 1, 100, 100)
    expect(done).toEqual([['move', 0.25, -0.1]])
  })

  it('is enlarged by two that part, around their middle, and follows that', async () => {
    const { done, point } = await frameWithGestures()
    point('pointerdown', 1, 150, 150)
    point('pointerdown', 2, 200, 150)
    point('pointermove', 2, 250, 150)
    expect(done).toEqual([
      ['move', 0.13, 0],
      ['zoom', 2, 0.5, 0.5],
    ])
    point('pointercancel', 1, 150, 150)
    point('pointermove', 2, 270, 150)
    expect(done.at(-1)).toEqual(['move', 0.1, 0])
  })

  it.each([
    ['pixels', -500 * Math.LN2, WheelEvent.DOM_DELTA_PIXEL, 2],
    ['lines', (500 * Math.LN2) / 16, WheelEvent.DOM_DELTA_LINE, 0.5],
  ])('is zoomed by the wheel in %s, and the page stays', async (_unit, delta, mode, factor) => {
    const { done, roll } = await frameWithGestures()
    expect(roll(delta, mode).defaultPrevented).toBe(true)
    expect(done).toEqual([['zoom', factor, 0.5, 0.25]])
  })
})
