import { useEventListener } from '@vueuse/core'
import type { Ref } from 'vue'

interface Point {
  x: number
  y: number
}

interface Gestures {
  /** By how much, in sides of the frame. */
  move: (by: Point) => void
  /** Around a point of the frame, in its sides. */
  zoom: (factor: number, around: Point) => void
}

/** So many pixels of the wheel make everything about 2.7 times as large. */
const WHEEL_PIXELS = 500
/** Some browsers count the wheel in lines. */
const LINE_PIXELS = 16

const middleOf = (points: Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
})

/** How far the points are from their middle; 0 for a single one. */
function spreadOf(points: Point[]): number {
  const middle = middleOf(points)
  return points.reduce((sum, { x, y }) => sum + Math.hypot(x - middle.x, y - middle.y), 0)
}

/** What fingers, mouse and wheel do to the picture in a square frame. */
export function usePictureGestures(
  frame: Readonly<Ref<HTMLElement | null>>,
  { move, zoom }: Gestures,
): void {
  const pressed = new Map<number, Point>()

  function inFrame({ x, y }: Point): Point {
    const { left, top, width } = frame.value!.getBoundingClientRect()
    return { x: (x - left) / width, y: (y - top) / width }
  }
  const pointOf = ({ clientX, clientY }: MouseEvent) => inFrame({ x: clientX, y: clientY })

  useEventListener(frame, 'pointerdown', (event: PointerEvent) => {
    frame.value!.setPointerCapture(event.pointerId)
    pressed.set(event.pointerId, pointOf(event))
  })
  useEventListener(frame, 'pointermove', (event: PointerEvent) => {
    if (!pressed.has(event.pointerId)) return
    const before = [...pressed.values()]
    pressed.set(event.pointerId, pointOf(event))
    const after = [...pressed.values()]
    const [from, to] = [middleOf(before), middleOf(after)]
    move({ x: to.x - from.x, y: to.y - from.y })
    if (after.length > 1) zoom(spreadOf(after) / spreadOf(before), to)
  })
  useEventListener(frame, ['pointerup', 'pointercancel'], ({ pointerId }: PointerEvent) => {
    pressed.delete(pointerId)
  })
  useEventListener(
    frame,
    'wheel',
    (event: WheelEvent) => {
      event.preventDefault()
      const isInLines = event.deltaMode === WheelEvent.DOM_DELTA_LINE
      const pixels = event.deltaY * (isInLines ? LINE_PIXELS : 1)
      zoom(Math.exp(-pixels / WHEEL_PIXELS), pointOf(event))
    },
    { passive: false },
  )
}
