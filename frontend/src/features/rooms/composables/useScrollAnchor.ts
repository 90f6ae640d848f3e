import { useResizeObserver } from '@vueuse/core'
import { nextTick, type Ref, watch } from 'vue'

/** So near to the end counts as the end, in pixels. */
const NEAR = 48

/**
 * Keeps in its place what is being read, whatever is added, changed or taken away above it and below;
 * whoever is at the end stays there while `isFollowed`. `changes` is what the list is made of; `isAtEnd`
 * is kept true to what is seen.
 */
export function useScrollAnchor(
  scroller: Ref<HTMLElement | null>,
  list: Ref<HTMLElement | null>,
  {
    changes,
    isAtEnd,
    isFollowed,
  }: { changes: () => unknown; isAtEnd: Ref<boolean>; isFollowed: () => boolean },
) {
  let held: { row: Element; top: number } | null = null

  const staysAtEnd = () => isAtEnd.value && isFollowed()

  function measure(): void {
    const box = scroller.value
    if (box) isAtEnd.value = box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR
  }

  function toEnd(): void {
    const box = scroller.value
    if (!box) return
    box.scrollTop = box.scrollHeight
    isAtEnd.value = true
  }

  /** The first row that is in view. */
  function hold(): void {
    held = null
    if (!scroller.value || staysAtEnd()) return
    const { top } = scroller.value.getBoundingClientRect()
    const row = [...(list.value?.children ?? [])].find(
      (child) => child.getBoundingClientRect().bottom > top,
    )
    if (row) held = { row, top: row.getBoundingClientRect().top }
  }

  function restore(): void {
    if (staysAtEnd()) return toEnd()
    if (held?.row.isConnected && scroller.value) {
      scroller.value.scrollTop += held.row.getBoundingClientRect().top - held.top
    }
    held = null
    measure()
  }

  watch(changes, hold, { flush: 'pre' })
  watch(changes, restore, { flush: 'post' })
  // The composer grows, a keyboard opens, a picture of a font arrives.
  useResizeObserver([scroller, list], () => {
    if (staysAtEnd()) toEnd()
  })

  /** Brings a row into view, if it is there. */
  async function toRow(selector: string, block: ScrollLogicalPosition): Promise<boolean> {
    await nextTick()
    const row = list.value?.querySelector(selector)
    row?.scrollIntoView({ block })
    measure()
    return row !== null && row !== undefined
  }

  return { measure, toEnd, toRow }
}
