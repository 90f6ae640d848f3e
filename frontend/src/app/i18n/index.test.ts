import { beforeEach, expect, it, vi } from 'vitest'
import type { FeatureModule } from '@/shared/lib/feature'

/** A feature that says its own name, in either language, and counts how often it was asked to. */
function feature(name: string) {
  const says = (text: string) =>
    vi.fn<FeatureModule['locales']['en']>(() => Promise.resolve({ default: { [name]: { text } } }))
  return { name, locales: { en: says(`${name} en`), ja: says(`${name} ja`) } }
}

// What is loaded stays so: each test begins with a module of its own.
beforeEach(() => vi.resetModules())

it('loads the texts of a feature with its first page, and in each language from then on', async () => {
  const { i18n, loadTextsOf, setLanguage } = await import('.')
  const items = feature('items')
  const say = () => {
    const { locale, getLocaleMessage } = i18n.global
    return (getLocaleMessage(locale.value) as Record<string, { text: string }>).items?.text
  }

  await setLanguage('en')
  expect(items.locales.en).not.toHaveBeenCalled()

  await loadTextsOf(items)
  expect(say()).toBe('items en')
  await setLanguage('ja')
  expect(say()).toBe('items ja')

  await loadTextsOf(items)
  await setLanguage('en')
  expect(items.locales.en).toHaveBeenCalledTimes(1)
  expect(items.locales.ja).toHaveBeenCalledTimes(1)
})

it('loads the texts of shared parts together with those of the feature that uses them', async () => {
  const { i18n, loadTextsOf, setLanguage } = await import('.')
  const { locales } = feature('shared')
  await setLanguage('en')
  await loadTextsOf({ ...feature('items'), sharedTexts: [locales] })
  await loadTextsOf({ ...feature('rooms'), sharedTexts: [locales] })
  expect(i18n.global.getLocaleMessage('en')).toMatchObject({ shared: { text: 'shared en' } })
  expect(locales.en).toHaveBeenCalledTimes(1)
})

it('gets texts in the language that was just chosen, though others are still on their way', async () => {
  const { i18n, loadTextsOf, setLanguage } = await import('.')
  const items = feature('items')
  const chosen = setLanguage('ja')
  await Promise.all([loadTextsOf(items), chosen])
  expect(i18n.global.locale.value).toBe('ja')
  expect(items.locales.ja).toHaveBeenCalledTimes(1)
  expect(items.locales.en).not.toHaveBeenCalled()
})
