import { useI18n } from 'vue-i18n'

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
const STEP = 1024

/** A size as people read it, such as `1.5 MB`, in the largest unit that fits; 1 kB are 1024 bytes. */
export function formatBytes(bytes: number, language: string): string {
  let value = Math.max(0, bytes)
  let step = 0
  // What would be rounded to 1024 of a unit is 1 of the next.
  while (step < UNITS.length - 1 && (step ? Math.round(value * 10) / 10 : value) >= STEP) {
    value /= STEP
    step += 1
  }
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[step],
    // Short, a byte is written out all the same, but never as several.
    unitDisplay: step ? 'short' : 'long',
    maximumFractionDigits: value < 100 ? 1 : 0,
  }).format(value)
}

/** The same in the chosen language. */
export function useFormatBytes(): (bytes: number) => string {
  const { locale } = useI18n()
  return (bytes) => formatBytes(bytes, locale.value)
}
