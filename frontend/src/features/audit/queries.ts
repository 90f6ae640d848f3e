import { useInfiniteQuery, useQuery } from '@pinia/colada'
import {
  getUser,
  listAuditActions,
  listAuditEntries,
  listPeople,
  listUsers,
} from '@/api/generated/sdk.gen'
import type {
  AuditEntryReadCollection,
  ListAuditEntriesData,
  UserBrief,
} from '@/api/generated/types.gen'
import { useSessionStore } from '@/shared/stores/session'

/** Which entries to show; how many at a time is decided here. */
export type AuditLogQuery = Omit<
  NonNullable<ListAuditEntriesData['query']>,
  'skip' | 'limit' | 'cursor'
>

const ENTRIES_AT_ONCE = 25

/** Entries from the newest on, as far as was asked for; new ones don't shift what comes next. */
export function useAuditLog(wanted: () => AuditLogQuery) {
  return useInfiniteQuery<AuditEntryReadCollection, Error, string | null>(() => {
    const filters = wanted()
    return {
      key: ['audit', 'log', filters],
      initialPageParam: null,
      query: async ({ pageParam, signal }) => {
        const query = { ...filters, cursor: pageParam ?? undefined, limit: ENTRIES_AT_ONCE }
        return (await listAuditEntries({ query, signal })).data
      },
      getNextPageParam: ({ meta }) => meta.next_cursor,
    }
  })
}

/** The last few things that someone did. */
export function useLatestOf(actor: () => number) {
  return useQuery({
    key: () => ['audit', 'latest', actor()],
    query: async ({ signal }) =>
      (await listAuditEntries({ query: { actor_id: actor(), limit: 5 }, signal })).data.data,
  })
}

/** Every action that there can be. */
export function useAuditActions() {
  return useQuery({
    key: ['audit', 'actions'],
    query: async ({ signal }) =>
      (await listAuditActions({ signal })).data.data.map(({ action }) => action),
    staleTime: Infinity,
  })
}

/** A few people whose name matches; also disabled ones for whoever may see those. */
export function useActors(search: () => string) {
  const session = useSessionStore()
  return useQuery<UserBrief[]>({
    key: () => ['audit', 'actors', search()],
    query: async ({ signal }) => {
      const request = { query: { search: search() || undefined, limit: 8 }, signal }
      const list = session.can('users:read') ? listUsers : listPeople
      return (await list(request)).data.data
    },
    placeholderData: (previous) => previous,
  })
}

/** Who has this id, for the filter that names them; only whoever may see users can ask. */
export function useActor(id: () => number | null) {
  const session = useSessionStore()
  return useQuery<UserBrief>({
    key: () => ['audit', 'actor', id()],
    enabled: () => id() !== null && session.can('users:read'),
    query: async ({ signal }) => (await getUser({ path: { user_id: id()! }, signal })).data,
  })
}
