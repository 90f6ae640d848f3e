import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { endSession, endSessions, listSessions } from '@/api/generated/sdk.gen'
import type { SessionRead } from '@/api/generated/types.gen'
import { toAppError } from '@/api'

const SESSIONS = ['accounts', 'sessions']

/** This one first, then those used last. */
function inOrder(sessions: readonly SessionRead[]): SessionRead[] {
  return sessions.toSorted((a, b) => Number(b.current) - Number(a.current))
}

/** Where one is signed in. */
export function useSessions() {
  return useQuery({
    key: SESSIONS,
    query: async ({ signal }) => inOrder((await listSessions({ signal })).data.data),
  })
}

function useSessionChange<Vars>(change: (vars: Vars) => Promise<void>) {
  const cache = useQueryCache()
  return useMutation({
    mutation: change,
    onSettled: () => {
      // A list that can't be loaded again says so itself; the session has ended all the same.
      cache.invalidateQueries({ key: SESSIONS }).catch(() => undefined)
    },
  })
}

/** Signs out one session; one that has ended meanwhile is as good. */
export const useEndSession = () =>
  useSessionChange(async (id: number) => {
    try {
      await endSession({ path: { session_id: id } })
    } catch (thrown) {
      if (toAppError(thrown).status !== 404) throw thrown
    }
  })

/** Signs out everywhere but here. */
export const useEndOtherSessions = () =>
  useSessionChange(async () => {
    await endSessions()
  })
