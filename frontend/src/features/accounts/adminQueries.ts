import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import {
  endUserSessions,
  getUserTwoFactor,
  listUserSessions,
  resetUserTwoFactor,
} from '@/api/generated/sdk.gen'
import { useSessionStore } from '@/shared/stores/session'

const sessionsOf = (id: number) => ['accounts', 'users', 'sessions', id]
const factorsOf = (id: number) => ['accounts', 'users', 'factors', id]

/** Where someone is signed in, the session used last in front. */
export function useUserSessions(id: () => number) {
  return useQuery({
    key: () => sessionsOf(id()),
    query: async ({ signal }) =>
      (await listUserSessions({ path: { user_id: id() }, signal })).data.data,
  })
}

/** What someone can sign in with. */
export function useUserFactors(id: () => number) {
  return useQuery({
    key: () => factorsOf(id()),
    query: async ({ signal }) => (await getUserTwoFactor({ path: { user_id: id() }, signal })).data,
  })
}

/** Something done to an account that ends its sessions; what depends on that loads again. */
function useEndingSessions(action: (id: number) => Promise<void>) {
  const cache = useQueryCache()
  const session = useSessionStore()
  return useMutation({
    mutation: action,
    onSuccess: (_, id) => {
      // Who ended the own sessions has none left to load anything with.
      if (id === session.user?.id) return
      for (const key of [sessionsOf(id), factorsOf(id), ['audit']]) {
        // A list that can't be loaded again says so itself.
        cache.invalidateQueries({ key }).catch(() => undefined)
      }
    },
  })
}

/** Signs someone out everywhere. */
export const useEndUserSessions = () =>
  useEndingSessions(async (id) => {
    await endUserSessions({ path: { user_id: id } })
  })

/** Takes the second factors of someone who lost them, and signs them out everywhere. */
export const useResetUserFactors = () =>
  useEndingSessions(async (id) => {
    await resetUserTwoFactor({ path: { user_id: id } })
  })
