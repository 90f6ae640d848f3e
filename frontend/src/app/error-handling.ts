import type { QueryMeta } from '@pinia/colada'
import type { App } from 'vue'
import type { Router } from 'vue-router'
import { AppError, toAppError } from '@/api'
import { NETWORK_ERROR, SERVER_ERROR } from '@/api/app-error'
import { useErrorStore } from '@/shared/stores/errors'

const RELOADED_AT = 'musubi.reloaded-at'
const RELOAD_PAUSE_MS = 30_000

/** Whether a reload for this reason is due: not twice in a row, so that it can't become a loop. */
function mayReload(): boolean {
  try {
    const last = Number(sessionStorage.getItem(RELOADED_AT))
    sessionStorage.setItem(RELOADED_AT, String(Date.now()))
    return Date.now() - last > RELOAD_PAUSE_MS
  } catch {
    return false
  }
}

/** The last net: whatever no caller dealt with becomes a notification instead of silence. */
export function installErrorHandling(app: App, router: Router): void {
  // A view's file that is gone means, if there is a connection, that a newer version was deployed.
  let missingFile = false
  window.addEventListener('vite:preloadError', () => {
    missingFile = true
  })
  router.onError((error, to) => {
    if (missingFile && navigator.onLine && mayReload()) {
      location.assign(to.fullPath)
      return
    }
    const cause = missingFile ? new AppError({ code: NETWORK_ERROR, cause: error }) : error
    missingFile = false
    useErrorStore().handleApiError(cause, 'router')
  })

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
 * also worth a notification, because data loaded earlier may hide that place. A query that is asked
 * again and again says so itself (`meta.isPolled`): it would notify just as often.
 */
export function reportQueryError(thrown: unknown, query: { meta: QueryMeta }): void {
  if (query.meta.isPolled) return
  const error = toAppError(thrown)
  if (error.code === NETWORK_ERROR || error.code === SERVER_ERROR) {
    useErrorStore().handleApiError(error, 'query')
  }
}
