import { beforeEach, expect, it, vi } from 'vitest'
import type { FeatureModule } from '@/shared/lib/feature'

/** A feature that says its own name, in either language, and counts how often it was asked to. */
function feature(name: string, lazyTexts = false) {
  const says = (text: string) =>
    vi.fn<FeatureModule['locales']['en']>(() => Promise.resolve({ default: { [name]: { text } } }))
  const locales = { en: says(`${name} en`), ja: says(`${name} ja`) }
  return { name, locales, lazyTexts } satisfies FeatureModule
}

// What is loaded stays so: each test begins with a module of its own.
beforeEach(() => vi.resetModules())

it('loads the texts of a lazy feature with its first page, and in each language from then on', async () => {
  const { i18n, loadTextsOf, setLanguage } = await import('.')
  const eager = feature('eager')
  const lazy = feature('lazy', true)
  const say = (name: string) => {
    const { locale, getLocaleMessage } = i18n.global
    return (getLocaleMessage(locale.value) as Record<string, { text: string }>)[name]?.text
  }

  await setLanguage('en', [eager, lazy])
  expect(say('eager')).toBe('eager en')
  expect(lazy.locales.en).not.toHaveBeenCalled()

  await loadTextsOf(lazy)
  expect(say('lazy')).toBe('lazy en')
  await setLanguage('ja', [eager, lazy])
  expect([say('eager'), say('lazy')]).toEqual(['eager ja', 'lazy ja'])

  await loadTextsOf(lazy)
  await setLanguage('en', [eager, lazy])
  expect(lazy.locales.en).toHaveBeenCalledTimes(1)
  expect(lazy.locales.ja).toHaveBeenCalledTimes(1)
})

it('gets texts in the language that was just chosen, though others are still on their way', async () => {
  const { i18n, loadTextsOf, setLanguage } = await import('.')
  const lazy = feature('lazy', true)
  const chosen = setLanguage('ja', [lazy])
  await Promise.all([loadTextsOf(lazy), chosen])
  expect(i18n.global.locale.value).toBe('ja')
  expect(lazy.locales.ja).toHaveBeenCalledTimes(1)
  expect(lazy.locales.en).not.toHaveBeenCalled()
})
