import { computed } from 'vue'
import type { Kind } from '@/api/generated/types.gen'
import {
  choiceParam,
  pageParam,
  textParam,
  useQueryParams,
} from '@/shared/composables/useQueryParams'
import type { FileListQuery } from '../queries'

/** Fills whole rows of two, three and five. */
const PAGE_SIZE = 30

const DEFAULT_SORT = '-created_at'

export const FILE_KINDS: readonly Kind[] = ['image', 'document', 'video', 'archive']
export const FILE_SORTS = [
  DEFAULT_SORT,
  'created_at',
  'filename',
  '-filename',
  '-size',
  'size',
] as const

export type FileSort = (typeof FILE_SORTS)[number]

/** Which files the address asks for, and the request that gets them. */
export function useFileListParams() {
  const { search, kind, sort, page } = useQueryParams({
    search: textParam(),
    kind: choiceParam(FILE_KINDS, null),
    sort: choiceParam(FILE_SORTS, DEFAULT_SORT),
    page: pageParam(),
  })

  const isFiltered = computed(() => Boolean(search.value.trim() || kind.value))

  function clearFilters(): void {
    search.value = ''
    kind.value = null
  }

  const query = computed<FileListQuery>(() => ({
    skip: (page.value - 1) * PAGE_SIZE,
    limit: PAGE_SIZE,
    sort: sort.value,
    search: search.value.trim() || undefined,
    kind: kind.value ?? undefined,
  }))

  return { search, kind, sort, page, query, isFiltered, clearFilters }
}
