import { defineStore } from 'pinia'
import { ref } from 'vue'
import { type Language, preferredLanguage } from '@/shared/lib/languages'

export const THEMES = ['system', 'washi', 'sumi'] as const
export type Theme = (typeof THEMES)[number]

/** Choices of this browser, kept over page loads and sign-outs. `public/theme-init.js` reads them too. */
export const usePreferencesStore = defineStore(
  'preferences',
  () => {
    const theme = ref<Theme>('system')
    const language = ref<Language>(preferredLanguage())
    return { theme, language }
  },
  { persist: { key: 'musubi.preferences' } },
)
