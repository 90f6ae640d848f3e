import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { ItemRead } from '@/api/generated/types.gen'
import { onSessionEnd } from '@/shared/stores/reset'

/** An item that is gone, or that one may not read any more; its title, if one has ever seen it. */
export interface Removal {
  id: number
  title: string | null
  at: string
}

/** Frames come late by seconds, not hours: what is known of so many items is enough. */
const KEPT = 200
const KEPT_REMOVALS = 8

/**
 * The newest that one was told of items. An answer that was on its way meanwhile may be older, and the
 * same change may be told twice.
 */
export const useItemNewsStore = defineStore('itemNews', () => {
  const told = new Map<number, { version: number; item: ItemRead | null }>()
  const removals = ref<Removal[]>([])
  /** What this page is deleting right now: its own doing needs no finding out. */
  const removing = new Set<number>()

  /** Takes note of a version, of a removal without `item`; returns whether it is news. */
  function tell(id: number, version: number, item: ItemRead | null): boolean {
    if ((told.get(id)?.version ?? 0) >= version) return false
    // The last that was told is the last in the map.
    told.delete(id)
    told.set(id, { version, item })
    const [oldest] = told.keys()
    if (told.size > KEPT) told.delete(oldest!)
    return true
  }

  /** The item as it is by now; null if it is gone since that version. */
  function newest(item: ItemRead): ItemRead | null {
    const known = told.get(item.id)
    return known && known.version > item.version ? known.item : item
  }

  const find = (id: number): ItemRead | null => told.get(id)?.item ?? null

  function noteRemoval(removal: Removal): void {
    const others = removals.value.filter(({ id }) => id !== removal.id)
    removals.value = [removal, ...others].slice(0, KEPT_REMOVALS)
  }

  onSessionEnd(() => {
    told.clear()
    removals.value = []
  })

  return { removals, removing, tell, newest, find, noteRemoval }
})
