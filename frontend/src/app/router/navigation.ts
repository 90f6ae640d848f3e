import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { http } from '@/api'
import { API_PREFIX } from '@/api/session-api'
import { onSessionEnd } from '@/shared/stores/reset'

/** A page that the server grants, as the menu shows it; `title` comes in the language asked for. */
export interface NavigationEntry {
  name: string
  path: string
  title: string
  icon: string
  order: number
}

/** The pages the signed-in person may open; null until the server has said. */
export const useNavigationStore = defineStore('navigation', () => {
  const entries = shallowRef<readonly NavigationEntry[] | null>(null)

  async function load(): Promise<void> {
    const { data } = await http.get<{ data: NavigationEntry[] }>(`${API_PREFIX}/navigation`)
    entries.value = data.data.toSorted((a, b) => a.order - b.order)
  }

  onSessionEnd(() => {
    entries.value = null
  })

  return { entries, load }
})
