import { ref } from 'vue'
import type { AppError } from '@/api'
import { useErrorText } from '@/shared/composables/useErrorText'

/**
 * What the server says against a request as a whole. It stands at the form until the next attempt;
 * errors of single fields, a lost connection and a failing server are left to whoever shows those.
 */
export function useRefusal() {
  const errorText = useErrorText()
  const refusal = ref<string | null>(null)

  /** Takes an error that is a refusal; returns whether it was one. */
  function takeRefusal(error: AppError): boolean {
    const isRefusal =
      error.status >= 400 && error.status < 500 && Object.keys(error.fieldErrors).length === 0
    if (isRefusal) refusal.value = errorText(error)
    return isRefusal
  }

  function clearRefusal(): void {
    refusal.value = null
  }

  return { refusal, takeRefusal, clearRefusal }
}
