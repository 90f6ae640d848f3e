import { createI18n } from 'vue-i18n'
import { setRequestLanguage } from '@/api'
import type { FeatureModule, TextFiles } from '@/shared/lib/feature'
import type { Language } from '@/shared/lib/languages'

/** The application's own texts: shell, error pages, and what all features say alike. */
const appLocales: TextFiles = {
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

type TextLoader = TextFiles[Language]

/** Whose texts are needed in whatever language is spoken. */
const inUse = new Set<TextFiles>([appLocales])
const loaded = new Set<TextLoader>()
let wanted: Language = 'en'

async function load(language: Language): Promise<void> {
  const missing = [...inUse].map((locales) => locales[language]).filter((it) => !loaded.has(it))
  const files = await Promise.all(missing.map((loader) => loader()))
  for (const [index, file] of files.entries()) {
    i18n.global.mergeLocaleMessage(language, file.default)
    loaded.add(missing[index]!)
  }
}

/** Gets the texts of a feature, which come with its first page; ready when they are there. */
export async function loadTextsOf({ locales, sharedTexts = [] }: FeatureModule): Promise<void> {
  for (const texts of [locales, ...sharedTexts]) inUse.add(texts)
  await load(wanted)
}

/** Speaks a language from now on: with the server at once, here as soon as its texts have arrived. */
export async function setLanguage(language: Language): Promise<void> {
  wanted = language
  setRequestLanguage(language)
  await load(language)
  i18n.global.locale.value = language
  document.documentElement.lang = language
}
