import { describe, expect, it } from 'vitest'
import { thumbnailBox } from './files'

describe('the box of a thumbnail', () => {
  it.each([
    ['is the picture made small', 800, 400, { width: 200, height: 100 }],
    ['isn’t larger than the picture', 120, 60, { width: 120, height: 60 }],
    ['is large enough for a finger', 4000, 10, { width: 200, height: 44 }],
    ['is a square where nobody knows', null, null, { width: 200, height: 200 }],
  ])('%s', (_case, width, height, box) => {
    expect(thumbnailBox({ width, height })).toEqual(box)
  })
})
