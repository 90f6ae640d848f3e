import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import { deleteJob, getLiveStats, getSystem, listJobs, retryJob } from '@/api/generated/sdk.gen'
import type { JobState } from '@/api/generated/types.gen'

const JOBS_PER_PAGE = 10

const INSTALLATION = ['system', 'installation']

/** The page says itself when these fail, and asks again soon. */
const POLLED = { isPolled: true }

export function useSystem() {
  return useQuery({
    key: [...INSTALLATION, 'overview'],
    query: async ({ signal }) => (await getSystem({ signal })).data,
    meta: POLLED,
  })
}

/** One page of the jobs in a state, newest first; what was there before stays until it is there. */
export function useJobs(state: () => JobState, page: () => number) {
  return useQuery({
    key: () => [...INSTALLATION, 'jobs', state(), page()],
    query: async ({ signal }) => {
      const query = { state: state(), skip: (page() - 1) * JOBS_PER_PAGE, limit: JOBS_PER_PAGE }
      return (await listJobs({ query, signal })).data
    },
    meta: POLLED,
  })
}

/** How many are connected. */
export function useLiveStats() {
  return useQuery({
    key: ['system', 'live'],
    query: async ({ signal }) => (await getLiveStats({ signal })).data,
    meta: POLLED,
  })
}

/** Loads what is known of the installation again, and shows it when it is there. */
export function useReloadSystem() {
  const cache = useQueryCache()
  return () => {
    // A load that fails shows so in its own place.
    cache.invalidateQueries({ key: INSTALLATION }).catch(() => undefined)
  }
}

/** Has a job done now; one that had failed for good gets all of its attempts again. */
export function useRetryJob() {
  const reload = useReloadSystem()
  return useMutation({
    mutation: async (id: number) => (await retryJob({ path: { job_id: id } })).data,
    onSettled: reload,
  })
}

/** Gives up a job that failed for good. */
export function useDeleteJob() {
  const reload = useReloadSystem()
  return useMutation({
    mutation: async (id: number) => {
      await deleteJob({ path: { job_id: id } })
    },
    onSettled: reload,
  })
}
