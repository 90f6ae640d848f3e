import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { charactersLeft } from '../lib/limits'
import { useDraftStore } from '../stores/drafts'

/** From so many characters left on, one is told how many. */
const WARN_FROM = 200

/** What is being written in a room; it is kept when one goes elsewhere. */
export function useDraft(room: string) {
  const { t } = useI18n()
  const { drafts } = useDraftStore()
  const text = ref<string>(drafts.get(room) ?? '')

  watch(text, (now) => {
    if (now) drafts.set(room, now)
    else drafts.delete(room)
  })

  const left = computed(() => charactersLeft(text.value))
  const isTooLong = computed(() => left.value < 0)

  return {
    text,
    isTooLong,
    isSendable: computed(() => text.value.trim() !== '' && !isTooLong.value),
    /** How many characters are left, or too many, once that matters. */
    counter: computed(() => {
      if (left.value > WARN_FROM) return ''
      const count = Math.abs(left.value)
      return t(`rooms.composer.${isTooLong.value ? 'tooLong' : 'left'}`, { count }, count)
    }),
  }
}
