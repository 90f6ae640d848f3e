import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { toAppError } from '@/api'
import { CANCELLED, CLIENT_ERROR, NETWORK_ERROR, SERVER_ERROR } from '@/api/app-error'

type ErrorType = 'error' | 'warning' | 'info'

export interface ErrorEntry {
  id: string
  message: string
  type: ErrorType
  code: string
  details: Readonly<Record<string, unknown>>
  /** Where it happened, such as `items.save`; for logs and tests, not for display. */
  context: string | null
  timestamp: Date
}

export type NewError = Pick<ErrorEntry, 'message'> & Partial<Omit<ErrorEntry, 'id' | 'timestamp'>>

/** How long a message stays, in milliseconds. */
export const ERROR_LIFETIME_MS = 5000

/** Codes of which one message at a time is enough, however many requests failed of the same cause. */
const SHOWN_ONCE: readonly string[] = [NETWORK_ERROR, SERVER_ERROR]

export const useErrorStore = defineStore('errors', () => {
  const errors = ref<ErrorEntry[]>([])
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  let count = 0

  /** The latest failure that is still shown. */
  const globalError = computed<ErrorEntry | null>(() => errors.value.at(-1) ?? null)

  function removeError(id: string): void {
    clearTimeout(timers.get(id))
    timers.delete(id)
    errors.value = errors.value.filter((entry) => entry.id !== id)
  }

  /** Shows a message for five seconds; returns the id by which it can be removed earlier. */
  function addError(error: NewError): string {
    count += 1
    const id = `error-${count}`
    errors.value.push({
      type: 'error',
      code: CLIENT_ERROR,
      details: {},
      context: null,
      ...error,
      id,
      timestamp: new Date(),
    })
    timers.set(
      id,
      setTimeout(() => removeError(id), ERROR_LIFETIME_MS),
    )
    return id
  }

  /** Shows whatever was thrown; returns the entry's id, or null for a request that was cancelled. */
  function handleApiError(thrown: unknown, context: string | null = null): string | null {
    const { code, message, status, requestId, retryAfter, details } = toAppError(thrown)
    if (code === CANCELLED) return null
    if (SHOWN_ONCE.includes(code)) {
      for (const entry of errors.value.filter((shown) => shown.code === code)) removeError(entry.id)
    }
    const told = retryAfter === null ? {} : { retryAfter }
    return addError({ message, code, context, details: { ...details, ...told, status, requestId } })
  }

  return { errors, globalError, addError, removeError, handleApiError }
})
