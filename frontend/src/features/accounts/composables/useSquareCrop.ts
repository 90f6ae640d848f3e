import { computed, shallowRef } from 'vue'
import {
  describeSquare,
  largestSquare,
  moved,
  type Size,
  type Square,
  zoomed,
} from '../lib/squareCrop'

/** How far one step moves, in sides of the square, and by which factor it enlarges. */
const STEP = 0.05
const ZOOM = 1.15

export type CropStep = 'left' | 'right' | 'up' | 'down' | 'enlarge' | 'shrink'

const DIRECTIONS = {
  left: { x: -STEP, y: 0 },
  right: { x: STEP, y: 0 },
  up: { x: 0, y: -STEP },
  down: { x: 0, y: STEP },
}

/** Steps by key. A plus is another key with Shift or without on most keyboards. */
export const CROP_KEYS: Readonly<Record<string, CropStep>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
  '+': 'enlarge',
  ';': 'enlarge',
  '=': 'enlarge',
  '-': 'shrink',
}

/** Choosing a square of a picture, once its size is known. */
export function useSquareCrop() {
  const picture = shallowRef<Size | null>(null)
  const square = shallowRef<Square | null>(null)

  function start(size: Size): void {
    picture.value = size
    square.value = largestSquare(size)
  }

  function change(to: (square: Square, picture: Size) => Square): void {
    if (square.value && picture.value) square.value = to(square.value, picture.value)
  }

  const move = (by: { x: number; y: number }) =>
    change((before, within) => moved(before, by, within))
  const zoom = (factor: number, around?: { x: number; y: number }) =>
    change((before, within) => zoomed(before, factor, within, around))

  function step(name: CropStep): void {
    if (name === 'enlarge') zoom(ZOOM)
    else if (name === 'shrink') zoom(1 / ZOOM)
    else move(DIRECTIONS[name])
  }

  /** Where to draw the picture, so that the square fills a frame of any size. */
  const drawn = computed(() => {
    if (!square.value || !picture.value) return undefined
    const { left, top, side } = square.value
    const share = (pixels: number) => `${(pixels / side) * 100}%`
    return {
      width: share(picture.value.width),
      height: share(picture.value.height),
      left: share(-left),
      top: share(-top),
    }
  })

  const place = computed(() =>
    square.value && picture.value ? describeSquare(square.value, picture.value) : null,
  )

  return { square, drawn, place, start, move, zoom, step }
}
