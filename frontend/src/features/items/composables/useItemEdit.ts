import { type ShallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useNoticeStore } from '@/shared/stores/notices'
import { changedFields, type ItemValues, type TaggedItem, valuesOf } from '../lib/item'
import { isStale, useUpdateItem } from '../queries'
import { useConflict } from './useConflict'

/**
 * Saves changes of the version in `base`. If someone else has saved a newer one meanwhile, the person
 * decides: theirs becomes the new `base`, or the changes are made to it.
 */
export function useItemEdit(
  base: ShallowRef<TaggedItem | undefined>,
  loadLatest: () => Promise<TaggedItem>,
) {
  const { t } = useI18n()
  const notices = useNoticeStore()
  const { mutateAsync: update } = useUpdateItem()
  const { conflict, isDeciding, ask, choose } = useConflict()

  /** The saved item, or null if the person chose not to save. Rejects with what went wrong. */
  async function save(mine: ItemValues) {
    let of = base.value!
    const before = valuesOf(of.item)
    const changes = changedFields(before, mine)
    for (;;) {
      try {
        return (await update({ of, changes })).item
      } catch (thrown) {
        if (!isStale(thrown)) throw thrown
      }
      of = await loadLatest()
      const choice = await ask({ mine, theirs: of, base: before })
      if (choice === 'mine') continue
      if (choice === 'theirs') {
        base.value = of
        notices.notify(t('items.conflict.loaded'))
      }
      return null
    }
  }

  return { save, conflict, isDeciding, choose }
}
