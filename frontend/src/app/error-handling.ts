import type { App } from 'vue'
import { toAppError } from '@/api'
import { NETWORK_ERROR, SERVER_ERROR } from '@/api/app-error'
import { useErrorStore } from '@/shared/stores/errors'

/** The last net: whatever no caller dealt with becomes a notification instead of silence. */
export function installErrorHandling(app: App): void {
  app.config.errorHandler = (error, _instance, info) => {
    console.error(error)
    useErrorStore().handleApiError(error, `vue: ${info}`)
  }
  window.addEventListener('unhandledrejection', (event) => {
    console.error(event.reason)
    event.preventDefault()
    useErrorStore().handleApiError(event.reason, 'promise')
  })
}

/**
 * A query that failed shows its error in its own place; a lost connection or a failing server is
 * also worth a notification, because data loaded earlier may hide that place.
 */
export function reportQueryError(thrown: unknown): void {
  const error = toAppError(thrown)
  if (error.code === NETWORK_ERROR || error.code === SERVER_ERROR) {
    useErrorStore().handleApiError(error, 'query')
  }
}
