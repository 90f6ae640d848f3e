import { computed } from 'vue'
import { useFactors, useProviders } from '../factorQueries'
import {
  SETTINGS_PAGES,
  type SettingsPageName,
  type SettingsSectionName,
} from '../lib/settingsSections'

interface MenuPage {
  page: SettingsPageName
  sections: readonly SettingsSectionName[]
}

/** Whether there is anything to connect, or connected. Most installations have no such providers. */
export function useHasConnections() {
  const { data: providers } = useProviders()
  const { data: factors } = useFactors()
  return computed(
    () => (providers.value?.length ?? 0) > 0 || (factors.value?.identities.length ?? 0) > 0,
  )
}

/** The pages of the settings, with those of their sections that there are here. */
export function useSettingsMenu() {
  const hasConnections = useHasConnections()
  return computed(() =>
    Object.entries(SETTINGS_PAGES).map(([page, sections]): MenuPage => ({
      page: page as SettingsPageName,
      sections: sections.filter((name) => name !== 'connections' || hasConnections.value),
    })),
  )
}
