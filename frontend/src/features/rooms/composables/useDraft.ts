import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { charactersLeft } from '../lib/limits'
import { useDraftStore } from '../stores/drafts'
import { useAttachments } from './useAttachments'

/** From so many characters left on, one is told how many. */
const WARN_FROM = 200

/** What is being written in a room; it is kept when one goes elsewhere. */
export function useDraft(room: string) {
  const { t } = useI18n()
  const { drafts, renew } = useDraftStore()
  const { cid, attached } = useAttachments(room)
  const text = ref<string>(drafts.get(room) ?? '')

  watch(text, (now) => {
    if (now) drafts.set(room, now)
    else drafts.delete(room)
  })

  const left = computed(() => charactersLeft(text.value))
  const isTooLong = computed(() => left.value < 0)
  const isEmpty = computed(() => text.value.trim() === '' && attached.value.length === 0)
  /** A file that didn't arrive is tried again or removed first. */
  const isComplete = computed(() =>
    attached.value.every(({ state }) => state !== 'failed' && state !== 'cancelled'),
  )

  /** The message as it is now; another one is begun. */
  function take() {
    const taken = { content: text.value.trim(), cid: cid.value }
    text.value = ''
    renew(room)
    return taken
  }

  return {
    text,
    attached,
    isTooLong,
    isSendable: computed(() => !isEmpty.value && isComplete.value && !isTooLong.value),
    take,
    /** How many characters are left, or too many, once that matters. */
    counter: computed(() => {
      if (left.value > WARN_FROM) return ''
      const count = Math.abs(left.value)
      return t(`rooms.composer.${isTooLong.value ? 'tooLong' : 'left'}`, { count }, count)
    }),
  }
}
