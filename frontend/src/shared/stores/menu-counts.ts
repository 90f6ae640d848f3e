import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { onSessionEnd } from './reset'

/** How much that is new waits behind an entry of the menu, by the page's name; 0 shows nothing. */
export const useMenuCountStore = defineStore('menuCounts', () => {
  const counts = reactive<Record<string, number>>({})

  function setCount(page: string, count: number): void {
    counts[page] = count
  }

  onSessionEnd(() => {
    for (const page of Object.keys(counts)) delete counts[page]
  })

  return { counts, setCount }
})
