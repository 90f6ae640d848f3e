import { useI18n } from 'vue-i18n'
import type { AppError } from '@/api'
import { CLIENT_MADE_MESSAGES, RATE_LIMITED } from '@/api/app-error'
import { useFormat } from './useFormat'

/** An `AppError`, or an entry of the error store, which keeps the seconds in its details. */
type Failure = Pick<AppError, 'code' | 'message'> &
  Partial<Pick<AppError, 'retryAfter' | 'details'>>

function secondsToWait({ code, retryAfter, details }: Failure): number | null {
  const seconds = retryAfter ?? details?.retryAfter
  return code === RATE_LIMITED && typeof seconds === 'number' ? seconds : null
}

/**
 * The text of a failure in the chosen language: what the browser says of its own accord is translated
 * here, the server's messages and those of the pages come translated already. Who tried too often
 * hears when to try again, which the server says in seconds.
 */
export function useErrorText() {
  const { t, te } = useI18n()
  const { within } = useFormat()
  return (failure: Failure): string => {
    const seconds = secondsToWait(failure)
    if (seconds !== null) return t('errors.RATE_LIMITED', { when: within(seconds) })
    const { code, message } = failure
    const key = `errors.${code}`
    const isOurs = message === CLIENT_MADE_MESSAGES[code]
    return isOurs && te(key) ? t(key) : message
  }
}
