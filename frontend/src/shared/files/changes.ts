import { useQueryCache } from '@pinia/colada'
import { useDebounceFn } from '@vueuse/core'
import { fileKeys } from './keys'

/** A burst of changes loads what is shown once: when it is over, but not later than after so long. */
const QUIET_MS = 200
const LONGEST_MS = 1500

/** Loads again, soon, what is shown of the files that have changed; the rest when it is next shown. */
export function useFileChanges() {
  const cache = useQueryCache()
  const items = new Set<number>()

  const reload = useDebounceFn(
    () => {
      const keys = [fileKeys.limits, fileKeys.lists, ...Array.from(items, fileKeys.ofItem)]
      items.clear()
      // A query that fails shows that in its own place.
      for (const key of keys) cache.invalidateQueries({ key }).catch(() => undefined)
    },
    QUIET_MS,
    { maxWait: LONGEST_MS },
  )

  /** Takes note of a change: of one's own files, and those of an item. */
  return (itemId: number | null): void => {
    if (itemId !== null) items.add(itemId)
    void reload()
  }
}
