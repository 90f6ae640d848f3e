import { computed, ref, shallowRef, type ShallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { toAppError } from '@/api'
import { useNoticeStore } from '@/shared/stores/notices'
import { changedFields, type ItemValues, type TaggedItem, valuesOf } from '../lib/item'
import { isStale, useReloadItem, useUpdateItem } from '../queries'
import { useConflict } from './useConflict'

export interface EditedItem {
  /** The version that is being edited: what the form began with. */
  base: ShallowRef<TaggedItem | undefined>
  /** The newest version that has been heard of. */
  latest: () => TaggedItem | undefined
  /** Asks the server for it. */
  loadLatest: () => Promise<TaggedItem>
}

/**
 * Saves changes of the version in `base`. If someone else has saved a newer one meanwhile, the person
 * decides: theirs becomes the new `base`, or the changes are made to it.
 */
export function useItemEdit({ base, latest, loadLatest }: EditedItem) {
  const { t } = useI18n()
  const notices = useNoticeStore()
  const reload = useReloadItem()
  const { mutateAsync: update } = useUpdateItem()
  const { conflict, isDeciding, ask, choose } = useConflict()

  /** The version that the changes are to be made to, where the person has decided so. */
  const agreed = shallowRef<TaggedItem>()
  watch(base, () => (agreed.value = undefined))
  const isSaving = ref<boolean>(false)

  /** A version that is newer than those the person knows; not the one that is being saved here. */
  const newer = computed(() => {
    const known = agreed.value ?? base.value
    const now = latest()
    if (!known || !now || isSaving.value || now.item.id !== known.item.id) return null
    return now.item.version > known.item.version ? now : null
  })

  function takeTheirs(theirs: TaggedItem): void {
    base.value = theirs
    notices.notify(t('items.conflict.loaded'))
  }

  /** Whether the person wants to save `mine` although there are `theirs`. */
  async function decide(mine: ItemValues, theirs: TaggedItem): Promise<boolean> {
    const choice = await ask({ mine, theirs, base: valuesOf(base.value!.item) })
    if (choice === 'mine') agreed.value = theirs
    if (choice === 'theirs') takeTheirs(theirs)
    return choice === 'mine'
  }

  /** The saved item, or null if nothing was saved and the person knows. Rejects with what went wrong. */
  async function trySave(mine: ItemValues) {
    const changes = changedFields(valuesOf(base.value!.item), mine)
    for (;;) {
      const of = agreed.value ?? base.value!
      try {
        return (await update({ of, changes })).item
      } catch (thrown) {
        if (toAppError(thrown).status === 404) {
          reload(of.item.id)
          return null
        }
        if (!isStale(thrown)) throw thrown
      }
      if (!(await decide(mine, await loadLatest()))) return null
    }
  }

  async function save(mine: ItemValues) {
    isSaving.value = true
    const saved = await trySave(mine).catch((thrown) => {
      isSaving.value = false
      throw thrown
    })
    // What was saved isn't news to who saved it.
    isSaving.value = saved !== null
    return saved
  }

  return { save, newer, takeTheirs, decide, conflict, isDeciding, choose }
}
