import { useI18n } from 'vue-i18n'
import type { ItemStatus } from '@/api/generated/types.gen'
import { useErrorStore } from '@/shared/stores/errors'
import { useNoticeStore } from '@/shared/stores/notices'
import type { TaggedItem } from '../lib/item'
import { isStale, useChangeStatus, useDeleteItem, useReloadItem } from '../queries'

/**
 * What is done to an item at a press of a button, just in the version that is shown. If there is a
 * newer one, nothing happens but that it is shown, and the person decides anew.
 */
export function useItemActions(shown: () => TaggedItem) {
  const { t } = useI18n()
  const notices = useNoticeStore()
  const errors = useErrorStore()
  const reload = useReloadItem()
  const { mutateAsync: change } = useChangeStatus()
  const { mutateAsync: erase, isLoading: isRemoving } = useDeleteItem()

  /** Whether it worked; if not, the person has been told why. */
  async function attempt(action: () => Promise<unknown>, done: string, context: string) {
    const { id } = shown().item
    try {
      await action()
      notices.notify(done)
      return true
    } catch (thrown) {
      if (isStale(thrown)) {
        reload(id)
        errors.addError({ message: t('items.view.stale'), type: 'warning', context })
      } else {
        errors.handleApiError(thrown, context)
      }
      return false
    }
  }

  return {
    isRemoving,
    changeStatus: (status: ItemStatus) =>
      attempt(
        () => change({ of: shown(), status }),
        t(`items.view.nowIs.${status}`),
        'items.changeStatus',
      ),
    /** Deletes the version that the person has seen. */
    remove: (seen: TaggedItem) =>
      attempt(() => erase(seen), t('items.delete.done'), 'items.delete'),
  }
}
