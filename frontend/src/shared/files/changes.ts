import { useQueryCache } from '@pinia/colada'
import { onScopeDispose } from 'vue'
import { fileKeys } from './keys'

/** A burst of changes loads what is shown once: when it is over, but not later than after so long. */
const QUIET_MS = 200
const LONGEST_MS = 1500

/**
 * Returns a function that takes note of a change: of one's own files, and those of an item. What is shown
 * of them is loaded again soon, the rest when it is next shown.
 */
export function useFileChanges(): (itemId: number | null) => void {
  const cache = useQueryCache()
  const items = new Set<number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let first = 0

  function outdate(isShown: boolean): void {
    clearTimeout(timer)
    timer = undefined
    const keys = [fileKeys.limits, fileKeys.lists, ...Array.from(items, fileKeys.ofItem)]
    items.clear()
    // A query that fails shows that in its own place.
    for (const key of keys) cache.invalidateQueries({ key }, isShown).catch(() => undefined)
  }

  // Whoever heard of it is gone, and perhaps the session with it.
  onScopeDispose(() => {
    if (timer !== undefined) outdate(false)
  })

  return (itemId) => {
    if (itemId !== null) items.add(itemId)
    if (timer === undefined) first = Date.now()
    clearTimeout(timer)
    const longest = Math.max(0, first + LONGEST_MS - Date.now())
    timer = setTimeout(() => outdate(true), Math.min(QUIET_MS, longest))
  }
}
