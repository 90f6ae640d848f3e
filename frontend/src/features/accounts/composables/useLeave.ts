import { toAppError } from '@/api'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'

/** Signs out someone whose account has just been disabled or deleted: the server has done so already. */
export function useLeave() {
  const session = useSessionStore()
  const errors = useErrorStore()
  return async (): Promise<void> => {
    try {
      await session.logout()
    } catch (thrown) {
      const error = toAppError(thrown)
      if (error.status !== 401) errors.handleApiError(error, 'accounts.leave')
    }
  }
}
