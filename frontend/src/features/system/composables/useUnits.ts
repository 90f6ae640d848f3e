import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

const TIMES = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Durations and sizes in the chosen language. */
export function useUnits() {
  const { locale } = useI18n()

  const formats = computed(() => {
    const unit = (name: string, unitDisplay: 'short' | 'long', maximumFractionDigits = 0) =>
      new Intl.NumberFormat(locale.value, {
        style: 'unit',
        unit: name,
        unitDisplay,
        maximumFractionDigits,
      })
    return {
      times: TIMES.map(([name]) => unit(name, 'long')),
      sizes: SIZES.map((name, power) => unit(name, 'short', power === 0 ? 0 : 1)),
      list: new Intl.ListFormat(locale.value, { type: 'unit', style: 'narrow' }),
    }
  })

  /** The two largest units that say something: "2 days 4 hours"; a whole number of seconds goes in. */
  function duration(seconds: number): string {
    const first = TIMES.findIndex(([, length]) => seconds >= length)
    if (first === -1) return formats.value.times.at(-1)!.format(0)
    let rest = seconds
    const parts = TIMES.slice(first, first + 2).flatMap(([, length], offset) => {
      const count = Math.floor(rest / length)
      rest -= count * length
      return count === 0 ? [] : [formats.value.times[first + offset]!.format(count)]
    })
    return formats.value.list.format(parts)
  }

  /** In powers of a thousand, as operating systems show it. */
  function bytes(count: number): string {
    const power = count < 1000 ? 0 : Math.floor(Math.log10(count) / 3)
    const unit = Math.min(power, SIZES.length - 1)
    return formats.value.sizes[unit]!.format(count / 1000 ** unit)
  }

  return { duration, bytes }
}
