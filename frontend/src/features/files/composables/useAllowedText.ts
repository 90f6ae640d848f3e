import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useFormatBytes, useUploadLimits } from '@/shared/files'

/** What may be uploaded, in a sentence; empty until the server has said it. */
export function useAllowedText() {
  const { t } = useI18n()
  const bytes = useFormatBytes()
  const { data: limits } = useUploadLimits()
  return computed(() => {
    if (!limits.value) return ''
    const { simple, resumable } = limits.value
    const sizes = { simple: bytes(simple.max_bytes), resumable: bytes(resumable.max_bytes) }
    return t(resumable.max_bytes > 0 ? 'files.allowedLarge' : 'files.allowed', sizes)
  })
}
