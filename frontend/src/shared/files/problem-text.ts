import { useI18n } from 'vue-i18n'
import type { AppError } from '@/api'
import { useErrorText } from '@/shared/composables/useErrorText'
import { useFormatBytes } from './format-bytes'
import { isProblemKey } from './precheck'

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
