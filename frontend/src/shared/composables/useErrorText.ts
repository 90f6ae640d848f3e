import { useI18n } from 'vue-i18n'
import type { AppError } from '@/api'

/**
 * The text of a failure in the chosen language: codes that the browser makes itself are translated
 * here, the server's messages come translated already.
 */
export function useErrorText() {
  const { t, te } = useI18n()
  return (error: Pick<AppError, 'code' | 'message'>): string => {
    const key = `errors.${error.code}`
    return te(key) ? t(key) : error.message
  }
}
