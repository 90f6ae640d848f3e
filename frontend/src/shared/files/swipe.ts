/** How far a finger has to move sideways, and how much further than up or down. */
const FAR_PX = 60
const STEEPNESS = 2

/** Listeners that tell a swipe of one finger: 1 to the next, -1 to the one before. */
export function useSwipe(onSwipe: (by: 1 | -1) => void) {
  let start: { x: number; y: number } | null = null

  return {
    touchstart({ touches }: TouchEvent): void {
      const [touch] = touches
      start = touches.length === 1 && touch ? { x: touch.clientX, y: touch.clientY } : null
    },
    touchend({ changedTouches: [touch] }: TouchEvent): void {
      if (!start || !touch) return
      const x = touch.clientX - start.x
      const y = touch.clientY - start.y
      start = null
      if (Math.abs(x) >= FAR_PX && Math.abs(x) >= STEEPNESS * Math.abs(y)) onSwipe(x < 0 ? 1 : -1)
    },
  }
}
