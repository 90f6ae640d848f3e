import { watch } from 'vue'
import { useErrorStore } from '@/shared/stores/errors'
import { type Theme, usePreferencesStore } from '@/shared/stores/preferences'
import { setLanguage } from './i18n'
import { useNavigationStore } from './router/navigation'

function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

/** Applies the chosen theme and language now and whenever they change; ready when the texts are. */
export async function followPreferences(): Promise<void> {
  const preferences = usePreferencesStore()
  watch(() => preferences.theme, applyTheme, { immediate: true })
  watch(
    () => preferences.language,
    async (language) => {
      try {
        await setLanguage(language)
        // The menu's titles come from the server, in the language asked for.
        const navigation = useNavigationStore()
        if (navigation.entries) await navigation.load()
      } catch (error) {
        useErrorStore().handleApiError(error, 'language')
      }
    },
  )
  await setLanguage(preferences.language)
}
