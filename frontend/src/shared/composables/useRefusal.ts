import { ref } from 'vue'
import type { AppError } from '@/api'
import { CANCELLED } from '@/api/app-error'
import { useErrorText } from './useErrorText'

interface RefusalOptions {
  /** For a form in a dialog, behind which nobody sees or hears a notification. */
  takesAll?: boolean
}

/**
 * What the server says against a request as a whole. It stands at the form until the next attempt;
 * errors of single fields, a lost connection and a failing server are left to whoever shows those.
 */
export function useRefusal({ takesAll = false }: RefusalOptions = {}) {
  const errorText = useErrorText()
  const refusal = ref<string | null>(null)

  /** Takes an error that is a refusal; returns whether it was one. */
  function takeRefusal(error: AppError): boolean {
    if (error.code === CANCELLED) return true
    const isRefusal = takesAll || (error.status >= 400 && error.status < 500)
    if (!isRefusal || Object.keys(error.fieldErrors).length > 0) return false
    refusal.value = errorText(error)
    return true
  }

  function clearRefusal(): void {
    refusal.value = null
  }

  return { refusal, takeRefusal, clearRefusal }
}
