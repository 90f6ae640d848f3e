import { computed } from 'vue'
import {
  choiceParam,
  pageParam,
  type ParamCodec,
  textParam,
  useQueryParams,
} from '@/shared/composables/useQueryParams'
import { useSessionStore } from '@/shared/stores/session'
import { ITEM_STATUSES } from '../lib/item'
import type { ItemListQuery } from '../lib/list-effect'

const PAGE_SIZE = 20

const DEFAULT_SORT = '-created_at'

/** How a list may be sorted; by relevance only together with a search. */
export const ITEM_SORTS = [
  DEFAULT_SORT,
  'created_at',
  '-updated_at',
  'title',
  '-title',
  'relevance',
] as const

export type ItemSort = (typeof ITEM_SORTS)[number]

const flagParam = (): ParamCodec<boolean> => ({
  parse: (raw) => raw === '1',
  format: (value) => (value ? '1' : null),
})

/** Which items the address asks for, and the request that gets them. */
export function useItemListParams() {
  const session = useSessionStore()
  const { sort: wantedSort, ...filters } = useQueryParams({
    search: textParam(),
    status: choiceParam(ITEM_STATUSES, null),
    tag: textParam(),
    mine: flagParam(),
    sort: choiceParam(ITEM_SORTS, DEFAULT_SORT),
    page: pageParam(),
  })
  const { search, status, tag, mine, page } = filters

  const term = computed(() => search.value.trim())

  const sort = computed<ItemSort>({
    get: () => (wantedSort.value === 'relevance' && !term.value ? DEFAULT_SORT : wantedSort.value),
    set: (value) => (wantedSort.value = value),
  })

  const isFiltered = computed(() => Boolean(term.value || status.value || tag.value || mine.value))

  function clearFilters() {
    search.value = ''
    status.value = null
    tag.value = ''
    mine.value = false
  }

  const query = computed<ItemListQuery>(() => ({
    skip: (page.value - 1) * PAGE_SIZE,
    limit: PAGE_SIZE,
    sort: sort.value,
    search: term.value || undefined,
    status: status.value ?? undefined,
    tag: tag.value || undefined,
    owner_id: mine.value ? session.user?.id : undefined,
  }))

  return { ...filters, sort, query, isFiltered, clearFilters }
}
