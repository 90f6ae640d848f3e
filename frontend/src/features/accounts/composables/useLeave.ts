import { useSessionStore } from '@/shared/stores/session'

/** Signs out someone whose session the server has just ended, with the account for instance. */
export function useLeave() {
  const session = useSessionStore()
  return async (): Promise<void> => {
    await session.logout()
  }
}
