import { ref, type Ref, watch } from 'vue'
import type { ItemRead } from '@/api/generated/types.gen'
import { useChangeAuthor } from './useChangeAuthor'

/** Who was the last other person to change an item while it is shown, in words; null for nobody. */
export function useOthersChanges(shown: () => ItemRead | undefined): Readonly<Ref<string | null>> {
  const { author, isMine } = useChangeAuthor()
  const changedBy = ref<string | null>(null)
  watch(shown, (now, before) => {
    if (now?.id !== before?.id) changedBy.value = null
    else if (now && before && now.version > before.version) {
      changedBy.value = isMine(now) ? null : author(now)
    }
  })
  return changedBy
}
