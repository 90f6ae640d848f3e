import { useI18n } from 'vue-i18n'
import type { NotificationRead } from '@/api/generated/types.gen'
import { useErrorStore } from '@/shared/stores/errors'
import { useNoticeStore } from '@/shared/stores/notices'
import { useReadAll, useReadOne } from '../queries'

/** Marking as read; whoever asked for it is told when it didn't work. */
export function useReading() {
  const { t } = useI18n()
  const errors = useErrorStore()
  const notices = useNoticeStore()
  const { mutateAsync: sendOne } = useReadOne()
  const { mutateAsync: sendAll, isLoading: isReadingAll } = useReadAll()

  async function readOne(notification: NotificationRead): Promise<void> {
    if (notification.read_at !== null) return
    try {
      await sendOne(notification)
    } catch (thrown) {
      errors.handleApiError(thrown, 'notifications.read')
    }
  }

  async function readAll(newest?: number): Promise<void> {
    try {
      await sendAll(newest)
      notices.notify(t('notifications.allRead'))
    } catch (thrown) {
      errors.handleApiError(thrown, 'notifications.readAll')
    }
  }

  return { readOne, readAll, isReadingAll }
}
