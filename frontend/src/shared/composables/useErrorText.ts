import { useI18n } from 'vue-i18n'
import type { AppError } from '@/api'
import { CLIENT_MADE_MESSAGES } from '@/api/app-error'

/**
 * The text of a failure in the chosen language: what the browser says of its own accord is translated
 * here, the server's messages and those of the pages come translated already.
 */
export function useErrorText() {
  const { t, te } = useI18n()
  return (error: Pick<AppError, 'code' | 'message'>): string => {
    const key = `errors.${error.code}`
    const isOurs = error.message === CLIENT_MADE_MESSAGES[error.code]
    return isOurs && te(key) ? t(key) : error.message
  }
}
