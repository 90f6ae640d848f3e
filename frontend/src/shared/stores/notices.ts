import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Notice {
  id: string
  message: string
}

const NOTICE_LIFETIME_MS = 4000

/** Short confirmations of something that worked, such as "Saved". */
export const useNoticeStore = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let count = 0

  function dismiss(id: string): void {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }

  /** Shows an already translated text for four seconds. */
  function notify(message: string): void {
    count += 1
    const id = `notice-${count}`
    notices.value.push({ id, message })
    setTimeout(() => dismiss(id), NOTICE_LIFETIME_MS)
  }

  return { notices, notify, dismiss }
})
