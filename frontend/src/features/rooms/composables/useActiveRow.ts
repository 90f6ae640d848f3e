import { computed, nextTick, type Ref, ref } from 'vue'
import type { TimelineEntry } from '../lib/timeline'

/**
 * The row that one points at or has moved the focus to, whichever came last: the one that shows what
 * can be done with it.
 * The list is one stop of the Tab key; arrow keys, Home and End go from row to row.
 */
export function useActiveRow(
  list: Ref<HTMLElement | null>,
  entries: () => readonly TimelineEntry[],
) {
  const active = ref<string | null>(null)
  const focused = ref<string | null>(null)
  let pointer = ''

  const rowOf = (event: Event) => (event.target as Element).closest<HTMLElement>('[data-key]')
  const keyOf = (event: Event) => rowOf(event)?.dataset.key ?? null

  const tabKey = computed(() => {
    const known = entries().some(({ key }) => key === focused.value)
    return known ? focused.value : entries().at(-1)?.key
  })

  function onKeydown(event: KeyboardEvent): void {
    const row = rowOf(event)
    // Inside of a row the keys belong to what is there.
    if (!row || row !== event.target) return
    const rows = [...(list.value?.querySelectorAll<HTMLElement>('[data-key]') ?? [])]
    const at = rows.indexOf(row)
    const moves: Record<string, HTMLElement | undefined> = {
      ArrowUp: rows[at - 1],
      ArrowDown: rows[at + 1],
      Home: rows[0],
      End: rows.at(-1),
    }
    const to = moves[event.key]
    if (!to) return
    event.preventDefault()
    to.focus()
  }

  return {
    activeKey: computed(() => active.value),
    tabKey,
    listeners: {
      keydown: onKeydown,
      focusin: (event: FocusEvent) => {
        focused.value = keyOf(event)
        active.value = focused.value
      },
      focusout: async (event: FocusEvent) => {
        if (list.value?.contains(event.relatedTarget as Node | null)) return
        // A button that makes way for others loses the focus to one of them only when they are there.
        await nextTick()
        if (list.value?.contains(document.activeElement)) return
        if (active.value === focused.value) active.value = null
        focused.value = null
      },
      // Not when the list moves under a pointer that rests: the focus may be elsewhere by then.
      pointermove: (event: PointerEvent) => {
        const place = `${event.clientX},${event.clientY}`
        if (event.pointerType === 'mouse' && place !== pointer) active.value = keyOf(event)
        pointer = place
      },
      pointerleave: () => (active.value = focused.value),
      click: (event: MouseEvent) => {
        // A finger doesn't focus everywhere what it touches.
        if (!list.value?.contains(document.activeElement))
          rowOf(event)?.focus({ preventScroll: true })
      },
    },
  }
}
