import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { onSessionEnd } from '@/shared/stores/reset'

/** What is written in each room and not sent yet, until the page is closed. */
export const useDraftStore = defineStore('roomsDrafts', () => {
  const drafts = reactive(new Map<string, string>())
  onSessionEnd(() => drafts.clear())
  return { drafts }
})
