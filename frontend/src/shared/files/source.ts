import { computed, type MaybeRefOrGetter, ref, toValue, watch } from 'vue'
import { apiUrl } from '@/api/direct'
import type { FileLinks } from '@/api/generated/types.gen'
import { useFileLinks, useLinkRenewal } from './links'

/** A file that is to be shown; without links of its own they are asked for. */
export type ShownFile = Pick<
  FileLinks,
  'stored_name' | 'filename' | 'content_type' | 'description'
> &
  Partial<Pick<FileLinks, 'url' | 'thumbnail_url'>>

/**
 * Where the browser gets a file, or its thumbnail; null as long as nobody knows, for a file that has no
 * thumbnail, and for one that can't be read. `onFailure` is for a picture that doesn't load: its link may
 * have expired, so there is one other attempt.
 */
export function useFileSource(
  file: MaybeRefOrGetter<Pick<ShownFile, 'stored_name' | 'url' | 'thumbnail_url'> | null>,
  variant: 'url' | 'thumbnail_url',
) {
  const renew = useLinkRenewal()
  const failures = ref<number>(0)
  const name = computed(() => toValue(file)?.stored_name)
  const given = computed(() => (failures.value ? undefined : toValue(file)?.[variant]))
  const isAsked = computed(() => name.value !== undefined && given.value === undefined)
  const links = useFileLinks(() => (isAsked.value ? [name.value!] : []))

  const source = computed(() => {
    if (name.value === undefined || failures.value > 1) return null
    const url = given.value === undefined ? links.get(name.value)?.[variant] : given.value
    return url ? apiUrl(url) : null
  })

  watch(name, () => (failures.value = 0))

  function onFailure(): void {
    failures.value += 1
    if (failures.value === 1 && name.value !== undefined) renew(name.value)
  }

  return { source, onFailure }
}
