import { useNow } from '@vueuse/core'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { localDay } from '../lib/timeline'

const MINUTE_MS = 60_000

/** Days and times of messages in the chosen language, by the clock of this browser. */
export function useDays() {
  const { locale, t } = useI18n()
  const now = useNow({ interval: MINUTE_MS })
  const formats = computed(() => ({
    day: new Intl.DateTimeFormat(locale.value, {
      weekday: 'long',
      year: 'numeric',
      month: 'long',
      day: 'numeric',
    }),
    time: new Intl.DateTimeFormat(locale.value, { timeStyle: 'short' }),
  }))
  const today = computed(() => localDay(now.value))
  const yesterday = computed(() => {
    const { value: date } = now
    return localDay(new Date(date.getFullYear(), date.getMonth(), date.getDate() - 1))
  })

  function day(timestamp: string): string {
    const wanted = localDay(timestamp)
    if (wanted === today.value) return t('rooms.day.today')
    if (wanted === yesterday.value) return t('rooms.day.yesterday')
    return formats.value.day.format(new Date(timestamp))
  }

  return { day, time: (timestamp: string) => formats.value.time.format(new Date(timestamp)) }
}
