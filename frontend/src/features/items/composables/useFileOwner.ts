import { useI18n } from 'vue-i18n'
import type { FileRead, ItemRead } from '@/api/generated/types.gen'
import { usePersonName } from '@/shared/composables/usePersonName'
import { useSessionStore } from '@/shared/stores/session'
import { useItemCache } from '../cache'

/**
 * Whose a file of an item is, in words; null for one's own. A file names nobody: who is neither the item's
 * owner nor that of another item that has been seen remains unknown.
 */
export function useFileOwner(item: () => ItemRead) {
  const { t } = useI18n()
  const session = useSessionStore()
  const personName = usePersonName()
  const { findOwner } = useItemCache()

  return ({ owner_id: id }: FileRead): string | null => {
    if (id === session.user?.id) return null
    const person = id === item().owner_id ? item().owner : findOwner(id)
    return person ? personName(person) : t('items.author.unknown')
  }
}
