import { useI18n } from 'vue-i18n'
import type { MessageFile } from '@/api/generated/types.gen'

/** A message as it is read out: what it says, and which files it shows. */
export function useSpoken() {
  const { t, locale } = useI18n()

  return (content: string, files: readonly MessageFile[]): string => {
    if (files.length === 0) return content
    const names = files.map(({ description, filename }) => description || filename)
    const list = new Intl.ListFormat(locale.value, { type: 'unit' }).format(names)
    const told = t('rooms.files.told', { count: files.length, names: list }, files.length)
    return content ? `${content}\n${told}` : told
  }
}
