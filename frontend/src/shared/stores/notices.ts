import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { RouteLocationRaw } from 'vue-router'

/** Where a notice leads. */
export interface NoticeLink {
  to: RouteLocationRaw
  /** Is told when someone goes there by it. */
  onFollow?: () => void
}

export interface Notice {
  id: string
  message: string
  link: NoticeLink | null
}

const LIFETIME_MS = 4000
/** Longer than it takes to read, since it also takes a decision and a way to it. */
const LINK_LIFETIME_MS = 8000

/** Short words about what went well, such as "Saved", or what is new. */
export const useNoticeStore = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let count = 0

  function dismiss(id: string): void {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }

  /**
   * Shows an already translated text for four seconds, or eight where it leads somewhere; returns the id
   * by which it can be dismissed earlier.
   */
  function notify(message: string, link: NoticeLink | null = null): string {
    count += 1
    const id = `notice-${count}`
    notices.value.push({ id, message, link })
    setTimeout(() => dismiss(id), link ? LINK_LIFETIME_MS : LIFETIME_MS)
    return id
  }

  return { notices, notify, dismiss }
})
