import { describe, expect, it } from 'vitest'
import { features } from './features'

type Texts = { [key: string]: string | Texts }

const files = {
  en: import.meta.glob<string>('../**/locales/en.json', {
    eager: true,
    query: '?raw',
    import: 'default',
  }),
  ja: import.meta.glob<string>('../**/locales/ja.json', {
    eager: true,
    query: '?raw',
    import: 'default',
  }),
}
const folders = Object.keys(files.en).map((path) => path.replace(/\/en\.json$/u, ''))

function read(folder: string, language: 'en' | 'ja'): Texts {
  return JSON.parse(files[language][`${folder}/${language}.json`] ?? '{}') as Texts
}

/** `items.list.title` → text, for every text of a file. */
function flatten(texts: Texts, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string'
        ? [[prefix + key, value] as const]
        : [...flatten(value, `${prefix}${key}.`)],
    ),
  )
}

const placeholders = (text: string) => new Set(text.match(/\{\w+\}/gu) ?? [])

describe.each(folders)('%s', (folder) => {
  const en = flatten(read(folder, 'en'))
  const ja = flatten(read(folder, 'ja'))

  it('has the same keys in both languages, none empty', () => {
    expect([...ja.keys()].toSorted()).toEqual([...en.keys()].toSorted())
    expect([...en, ...ja].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('fills in the same values in both languages', () => {
    // Japanese has no plural, so a text there may show the number where English words differ.
    for (const [key, text] of en) {
      expect({ key, values: placeholders(ja.get(key) ?? '') }).toEqual({
        key,
        values: placeholders(text),
      })
    }
  })

  it('keeps to its own keys, so that no file overwrites another', () => {
    const feature = /features\/([^/]+)\/locales$/u.exec(folder)?.[1]
    const part = /shared\/([^/]+)\/locales$/u.exec(folder)?.[1]
    const own = feature ? [feature] : part ? ['shared'] : ['app', 'common', 'errors', 'validation']
    const texts = read(folder, 'en')
    expect(Object.keys(texts)).toEqual(own)
    expect(Object.keys(texts.shared ?? {})).toEqual(part ? [part] : [])
  })
})

it('finds the files of the application, of every feature, and of shared parts', () => {
  const shared = new Set(features.flatMap(({ sharedTexts = [] }) => sharedTexts))
  expect(folders).toHaveLength(features.length + 1 + shared.size)
})
