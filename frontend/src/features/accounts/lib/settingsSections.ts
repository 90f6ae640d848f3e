import type { RouteLocationNormalized, RouteLocationRaw } from 'vue-router'

/** The pages of the settings by their routes' names, and the sections of each in their order. */
export const SETTINGS_PAGES = {
  settings: ['profile', 'email'],
  'settings-security': ['password', 'two-factor', 'passkeys', 'connections', 'sessions'],
  'settings-appearance': ['theme', 'language'],
  'settings-data': ['export', 'import', 'delete-account'],
} as const

export type SettingsPageName = keyof typeof SETTINGS_PAGES
export type SettingsSectionName = (typeof SETTINGS_PAGES)[SettingsPageName][number]

/** Names that sections had in earlier links. */
const FORMER: Readonly<Record<string, SettingsSectionName>> = { appearance: 'theme' }

/** The section that a fragment such as `#password` leads to. */
export function sectionOf(hash: string): SettingsSectionName | null {
  const name = hash.slice(1)
  const all: readonly SettingsSectionName[] = Object.values(SETTINGS_PAGES).flat()
  return all.find((section) => section === name) ?? FORMER[name] ?? null
}

function pageOf(section: SettingsSectionName): SettingsPageName {
  const pages = Object.keys(SETTINGS_PAGES) as SettingsPageName[]
  const sections = (page: SettingsPageName): readonly SettingsSectionName[] => SETTINGS_PAGES[page]
  return pages.find((page) => sections(page).includes(section))!
}

/**
 * A guard of the settings: a link to a section leads to the page that has it, whichever page it
 * names. Those who come back from a provider land at the accounts that they wanted to connect.
 */
export function settleSection(to: RouteLocationNormalized): RouteLocationRaw | true {
  const isBack = 'linked' in to.query || 'error' in to.query
  const section = isBack && !to.hash ? 'connections' : sectionOf(to.hash)
  if (section === null) return true
  const page = pageOf(section)
  const hash = `#${section}`
  return to.name === page && to.hash === hash
    ? true
    : { name: page, query: to.query, hash, replace: true }
}
