import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useUploadsStore } from '@/shared/files'
import { useErrorStore } from '@/shared/stores/errors'
import { MAX_FILES } from '../lib/limits'
import { useDraftStore } from '../stores/drafts'

/** The files for the next message of a room: they are on their way while it is still being written. */
export function useAttachments(room: string) {
  const { t } = useI18n()
  const { useCid } = useDraftStore()
  const uploads = useUploadsStore()
  const errors = useErrorStore()

  const cid = useCid(room)
  const attached = computed(() => uploads.of(cid.value))

  /** Adds files, as far as one message takes them. */
  function attach(files: readonly File[]): void {
    const free = Math.max(0, MAX_FILES - attached.value.length)
    uploads.add(files.slice(0, free), { context: cid.value })
    if (files.length <= free) return
    errors.addError({ message: t('rooms.files.tooMany', { max: MAX_FILES }), type: 'warning' })
  }

  return { cid, attached, attach }
}
