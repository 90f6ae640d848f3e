import { defineStore } from 'pinia'
import { computed, type ComputedRef, reactive } from 'vue'
import { randomId } from '@/shared/lib/random-id'
import { onSessionEnd } from '@/shared/stores/reset'

/** What is written in each room and not sent yet, until the page is closed. */
export const useDraftStore = defineStore('roomsDrafts', () => {
  const drafts = reactive(new Map<string, string>())
  const cids = reactive(new Map<string, string>())

  /** Begins another message in a room. */
  function renew(room: string): void {
    cids.set(room, randomId())
  }

  /** What the next message of a room will be called: the files for it are uploaded under this name. */
  function useCid(room: string): ComputedRef<string> {
    if (!cids.has(room)) renew(room)
    return computed(() => cids.get(room)!)
  }

  onSessionEnd(() => {
    drafts.clear()
    for (const room of cids.keys()) renew(room)
  })
  return { drafts, useCid, renew }
})
