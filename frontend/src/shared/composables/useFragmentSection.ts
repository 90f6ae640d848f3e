import { nextTick, watch } from 'vue'

/**
 * Brings the section with this id into view, and the focus to it, when the address comes to mean it. The router scrolls to
 * what is there already; a section that has only just appeared comes by itself.
 */
export function useFragmentSection(id: string, isMeant: () => boolean): void {
  watch(
    isMeant,
    async (meant) => {
      if (!meant) return
      await nextTick()
      const section = document.getElementById(id)
      section?.scrollIntoView()
      section?.focus({ preventScroll: true })
    },
    { immediate: true },
  )
}
