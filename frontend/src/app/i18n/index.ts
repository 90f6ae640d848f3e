import { createI18n } from 'vue-i18n'
import { setRequestLanguage } from '@/api'
import type { FeatureModule } from '@/shared/lib/feature'
import type { Language } from '@/shared/lib/languages'

/** The application's own texts: shell, error pages, and what all features say alike. */
const appLocales: FeatureModule['locales'] = {
  en: () => import('../locales/en.json'),
  ja: () => import('../locales/ja.json'),
}

export const i18n = createI18n({
  legacy: false,
  locale: 'en' as string,
  // Both languages have the same keys (there is a test), so nothing ever falls back.
  fallbackLocale: false,
  messages: {},
})

const loaded = new Set<Language>()

async function load(language: Language, features: readonly FeatureModule[]): Promise<void> {
  if (loaded.has(language)) return
  const loaders = [appLocales[language], ...features.map((feature) => feature.locales[language])]
  for (const file of await Promise.all(loaders.map((loader) => loader()))) {
    i18n.global.mergeLocaleMessage(language, file.default)
  }
  loaded.add(language)
}

/** Speaks a language from now on: with the server at once, here as soon as its texts have arrived. */
export async function setLanguage(
  language: Language,
  features: readonly FeatureModule[],
): Promise<void> {
  setRequestLanguage(language)
  await load(language, features)
  i18n.global.locale.value = language
  document.documentElement.lang = language
}
