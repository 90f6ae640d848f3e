import { onScopeDispose } from 'vue'
import { useRoute } from 'vue-router'
import type { NotificationRead } from '@/api/generated/types.gen'
import { onFrame } from '@/realtime'
import { useNoticeStore } from '@/shared/stores/notices'
import { mentionOf, roomPath, targetOf } from '../lib/mention'
import { useNotificationText } from './useNotificationText'
import { useReading } from './useReading'

/**
 * Says what is new in a notice that leads there, but not what is being looked at anyway. The latest
 * takes the place of the one before: the bell counts them.
 */
export function useNews(): void {
  const route = useRoute()
  const notices = useNoticeStore()
  const textOf = useNotificationText()
  const { readOne } = useReading()
  let last: string | null = null

  function dismissLast(): void {
    if (last !== null) notices.dismiss(last)
    last = null
  }

  function isLookedAt(notification: NotificationRead): boolean {
    const mention = mentionOf(notification)
    const isOpen = mention !== null && route.path === roomPath(mention.room)
    return isOpen && document.visibilityState === 'visible'
  }

  onFrame('notification', ({ data: notification }) => {
    if (isLookedAt(notification)) return
    dismissLast()
    last = notices.notify(textOf(notification), {
      to: targetOf(notification) ?? { name: 'notifications' },
      onFollow: () => targetOf(notification) && readOne(notification),
    })
  })
  // Whoever sits here next is none of the business of whom it was about.
  onScopeDispose(dismissLast)
}
