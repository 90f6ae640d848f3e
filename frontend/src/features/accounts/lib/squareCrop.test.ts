import { describe, expect, it } from 'vitest'
import { describeSquare, largestSquare, moved, zoomed } from './squareCrop'

const LANDSCAPE = { width: 1600, height: 800 }
const PORTRAIT = { width: 600, height: 1000 }

describe('the square of a picture', () => {
  it('begins as the largest, in the middle', () => {
    expect(largestSquare(LANDSCAPE)).toEqual({ left: 400, top: 0, side: 800 })
    expect(largestSquare(PORTRAIT)).toEqual({ left: 0, top: 200, side: 600 })
  })

  it.each([
    ['with the picture to the right', { x: 0.25, y: 0 }, { left: 200, top: 0, side: 800 }],
    ['no further than its left edge', { x: 9, y: 0 }, { left: 0, top: 0, side: 800 }],
    ['no further than its right edge', { x: -9, y: 0 }, { left: 800, top: 0, side: 800 }],
    ['not where there is no room', { x: 0, y: 0.5 }, { left: 400, top: 0, side: 800 }],
  ])('is moved %s', (_where, by, square) => {
    expect(moved(largestSquare(LANDSCAPE), by, LANDSCAPE)).toEqual(square)
  })

  it('is enlarged around its middle, or around a point that stays', () => {
    const whole = largestSquare(LANDSCAPE)
    expect(zoomed(whole, 2, LANDSCAPE)).toEqual({ left: 600, top: 200, side: 400 })
    expect(zoomed(whole, 2, LANDSCAPE, { x: 1, y: 0 })).toEqual({ left: 800, top: 0, side: 400 })
  })

  it('is neither larger than the picture nor smaller than makes sense', () => {
    const whole = largestSquare(PORTRAIT)
    expect(zoomed(whole, 0.1, PORTRAIT)).toEqual(whole)
    expect(zoomed(whole, 100, PORTRAIT).side).toBe(75)
  })

  it('stays within the picture when more of it is shown', () => {
    const corner = { left: 1400, top: 600, side: 200 }
    expect(zoomed(corner, 0.25, LANDSCAPE)).toEqual({ left: 800, top: 0, side: 800 })
  })

  it('is told in per cent', () => {
    const whole = largestSquare(LANDSCAPE)
    expect(describeSquare(whole, LANDSCAPE)).toEqual({ zoom: 100, across: 50, down: 50 })
    const corner = { left: 1400, top: 0, side: 200 }
    expect(describeSquare(corner, LANDSCAPE)).toEqual({ zoom: 400, across: 100, down: 0 })
  })
})
