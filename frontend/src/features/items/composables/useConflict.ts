import { computed, ref, shallowRef, watch } from 'vue'
import type { ItemValues, TaggedItem } from '../lib/item'

/** Two versions of one item: what was to be saved, and what someone else saved meanwhile. */
export interface Conflict {
  mine: ItemValues
  theirs: TaggedItem
  /** What both began with; only where one differs from it would anything be saved. */
  base: ItemValues
}

export type ConflictChoice = 'mine' | 'theirs' | 'undecided'

/** Lets a person decide between two versions; `isDeciding` opens the dialog that shows them. */
export function useConflict() {
  const conflict = shallowRef<Conflict | null>(null)
  const isDeciding = ref(false)
  let decide: ((choice: ConflictChoice) => void) | null = null

  function choose(choice: ConflictChoice) {
    decide?.(choice)
    decide = null
    isDeciding.value = false
  }

  function ask(versions: Conflict): Promise<ConflictChoice> {
    conflict.value = versions
    isDeciding.value = true
    return new Promise((resolve) => {
      decide = resolve
    })
  }

  // Closing the dialog in any other way leaves the form as it is.
  watch(isDeciding, (open) => {
    if (!open) choose('undecided')
  })

  return { conflict: computed(() => conflict.value), isDeciding, ask, choose }
}
