import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { getNavigation } from '@/api/generated/sdk.gen'
import type { NavigationEntry } from '@/api/generated/types.gen'
import { onSessionEnd } from '@/shared/stores/reset'

/** The pages the signed-in person may open; null until the server has said. */
export const useNavigationStore = defineStore('navigation', () => {
  const entries = shallowRef<readonly NavigationEntry[] | null>(null)

  async function load(): Promise<void> {
    const { data } = await getNavigation()
    entries.value = data.data.toSorted((a, b) => a.order - b.order)
  }

  onSessionEnd(() => {
    entries.value = null
  })

  return { entries, load }
})
