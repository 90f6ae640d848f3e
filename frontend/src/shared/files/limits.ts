import { useQuery, useQueryCache, type UseQueryOptions } from '@pinia/colada'
import { getUploadLimits } from '@/api/generated/sdk.gen'
import type { UploadLimits } from '@/api/generated/types.gen'
import { fileKeys } from './keys'

const limitsQuery: UseQueryOptions<UploadLimits> = {
  key: fileKeys.limits,
  query: async ({ signal }) => (await getUploadLimits({ signal })).data,
  // They hardly ever change; how much room is left is loaded again with each change of one's files.
  staleTime: 300_000,
}

/** What the server takes, and how much room is left. */
export function useUploadLimits() {
  return useQuery(limitsQuery)
}

/** The same for code that is no component: a function that gives them, and rejects where it can't. */
export function useLimitsLookup(): () => Promise<UploadLimits> {
  const cache = useQueryCache()
  return async () => {
    const state = await cache.refresh(cache.ensure(limitsQuery))
    if (state.status === 'success') return state.data
    throw state.error ?? new Error('The limits of uploads were forgotten while they were loaded')
  }
}
