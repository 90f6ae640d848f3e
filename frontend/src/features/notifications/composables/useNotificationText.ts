import { useI18n } from 'vue-i18n'
import type { NotificationRead } from '@/api/generated/types.gen'
import { usePersonName } from '@/shared/composables/usePersonName'
import { mentionOf, ownDataText } from '../lib/mention'

/** What a notification says in one line; of a kind that isn't known here, only that there is one. */
export function useNotificationText() {
  const { t } = useI18n()
  const personName = usePersonName()
  return (notification: NotificationRead): string => {
    const { actor, data } = notification
    const ownData = ownDataText(notification)
    if (ownData) return t(`notifications.${ownData}`, { items: data.items, files: data.files })
    const mention = mentionOf(notification)
    if (!mention) return t('notifications.other')
    const name = actor ? personName(actor) : t('notifications.someone')
    return t('notifications.mention', { name, room: mention.room })
  }
}
