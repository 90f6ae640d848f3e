import { useI18n } from 'vue-i18n'
import type { ItemRead, UserBrief } from '@/api/generated/types.gen'
import { usePersonName } from '@/shared/composables/usePersonName'
import { useSessionStore } from '@/shared/stores/session'
import { useItemCache } from '../cache'

/**
 * Who made a version of an item, in words. An item names its owner alone; anyone else can be named only
 * if another item that has been seen is theirs.
 */
export function useChangeAuthor() {
  const { t } = useI18n()
  const session = useSessionStore()
  const personName = usePersonName()
  const { findOwner } = useItemCache()

  const idOf = (item: ItemRead) => (item.version === 1 ? item.created_by : item.updated_by)

  function personOf(item: ItemRead): UserBrief | null {
    const id = idOf(item)
    if (id === null) return null
    return id === item.owner_id ? item.owner : findOwner(id)
  }

  const isMine = (item: ItemRead) => idOf(item) === session.user?.id

  function author(item: ItemRead): string {
    if (isMine(item)) return t('items.author.you')
    const person = personOf(item)
    return person
      ? t('items.author.named', { name: personName(person) })
      : t('items.author.unknown')
  }

  return { author, isMine }
}
