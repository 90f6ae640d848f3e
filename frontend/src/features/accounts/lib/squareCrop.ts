/** Width and height in pixels. */
export interface Size {
  width: number
  height: number
}

/** The square of a picture that is chosen, in pixels of the picture. */
export interface Square {
  left: number
  top: number
  side: number
}

interface Point {
  x: number
  y: number
}

/** Of what fits in the picture this is the smallest square: more of it would be mere blocks of colour. */
const MOST_ENLARGED = 8
const CENTRE: Point = { x: 0.5, y: 0.5 }

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most)

/** The nearest square that lies within the picture. */
function within({ left, top, side }: Square, { width, height }: Size): Square {
  return {
    left: clamp(left, 0, width - side),
    top: clamp(top, 0, height - side),
    side,
  }
}

const largestSide = ({ width, height }: Size) => Math.min(width, height)

/** As much of the picture as fits into a square, from its middle. */
export function largestSquare(picture: Size): Square {
  const side = largestSide(picture)
  return { left: (picture.width - side) / 2, top: (picture.height - side) / 2, side }
}

/** Moves the picture under the square; `by` is in sides of the square. */
export function moved(square: Square, by: Point, picture: Size): Square {
  const { left, top, side } = square
  return within({ left: left - by.x * side, top: top - by.y * side, side }, picture)
}

/**
 * Enlarges what is in the square by `factor`, or shows more of the picture where that is below 1. What
 * is at `around`, in sides of the square from its corner, stays where it is.
 */
export function zoomed(square: Square, factor: number, picture: Size, around = CENTRE): Square {
  const largest = largestSide(picture)
  const side = clamp(square.side / factor, largest / MOST_ENLARGED, largest)
  const lost = square.side - side
  return within(
    { left: square.left + lost * around.x, top: square.top + lost * around.y, side },
    picture,
  )
}

/** Where the square is, in whole per cent: how much it enlarges, and its place from left and top. */
export function describeSquare({ left, top, side }: Square, picture: Size) {
  const share = (offset: number, room: number) =>
    room > 0 ? Math.round((offset / room) * 100) : 50
  return {
    zoom: Math.round((largestSide(picture) / side) * 100),
    across: share(left, picture.width - side),
    down: share(top, picture.height - side),
  }
}
