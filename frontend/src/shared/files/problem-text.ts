import { useI18n } from 'vue-i18n'
import type { AppError } from '@/api'
import type { UploadLimits } from '@/api/generated/types.gen'
import { useErrorText } from '@/shared/composables/useErrorText'
import { useFormatBytes } from './format-bytes'
import { type Candidate, isProblemKey, largest, precheck } from './precheck'

/** Says why the server would refuse a file, or null when it would not. */
export function useProblemText(): (file: Candidate, limits: UploadLimits) => string | null {
  const { t } = useI18n()
  const bytes = useFormatBytes()
  return (file, limits) => {
    const key = precheck(file, limits)
    return key && t(key, { max: bytes(largest(file.name, limits)) })
  }
}

/** Says why an upload failed, whether the server refused it or `precheck` did. */
export function useUploadErrorText(): (error: AppError) => string {
  const { t } = useI18n()
  const bytes = useFormatBytes()
  const errorText = useErrorText()
  return (error) =>
    isProblemKey(error.code)
      ? t(error.code, { max: bytes(Number(error.details.max)) })
      : errorText(error)
}
