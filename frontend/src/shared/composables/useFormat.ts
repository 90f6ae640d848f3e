import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** Dates and numbers in the chosen language; dates come as the RFC 3339 texts of the API. */
export function useFormat() {
  const { locale, t } = useI18n()
  const formats = computed(() => ({
    date: new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium' }),
    dateTime: new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }),
    exact: new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'medium' }),
    relative: new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }),
    within: new Intl.RelativeTimeFormat(locale.value, { numeric: 'always' }),
    number: new Intl.NumberFormat(locale.value),
  }))

  /** How long ago, in the largest unit that fits; under a minute it is "just now". */
  function relative(timestamp: string, now: number = Date.now()): string {
    const seconds = (new Date(timestamp).getTime() - now) / 1000
    const fitting = UNITS.find(([, length]) => Math.abs(seconds) >= length)
    if (!fitting) return t('common.justNow')
    const [unit, size] = fitting
    return formats.value.relative.format(Math.round(seconds / size), unit)
  }

  /** When something is possible again, "in 5 minutes": rounded up, so that it is never too early. */
  function within(seconds: number): string {
    const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1]
    return formats.value.within.format(Math.ceil(seconds / size), unit)
  }

  return {
    date: (timestamp: string) => formats.value.date.format(new Date(timestamp)),
    dateTime: (timestamp: string) => formats.value.dateTime.format(new Date(timestamp)),
    /** To the second, for what happens in quick succession. */
    exact: (timestamp: string) => formats.value.exact.format(new Date(timestamp)),
    number: (value: number) => formats.value.number.format(value),
    relative,
    within,
  }
}
