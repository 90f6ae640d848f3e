import {
  choiceParam,
  pageParam,
  textParam,
  useQueryParams,
} from '@/shared/composables/useQueryParams'
import { ROLES } from '../lib/roles'

/** What the list of accounts shows, kept in the address so that a link shows the same list. */
export function useUserFilters() {
  const { search, role, status, page } = useQueryParams({
    search: textParam(),
    role: choiceParam(ROLES, null),
    status: choiceParam(['active', 'disabled'] as const, null),
    page: pageParam(),
  })

  function clear(): void {
    search.value = ''
    role.value = null
    status.value = null
  }

  return { search, role, status, page, clear }
}
