import { createHttp } from './http'
import { createSessionApi } from './session-api'
import { createSessionManager, type SessionManager } from './session-manager'
import { createTokenHolder } from './session-token'
import { openTabChannel } from './tab-channel'
import { createTabLock } from './tab-lock'

let language = 'en'

/** Sets the language in which the server answers from now on. */
export function setRequestLanguage(tag: string): void {
  language = tag
}

const token = createTokenHolder()

export const http = createHttp({
  baseURL: import.meta.env.VITE_API_BASE_URL ?? '',
  token,
  language: () => language,
  refresh: (refused) => session.refresh(refused),
})

export const session: SessionManager = createSessionManager({
  api: createSessionApi(http),
  token,
  lock: createTabLock(),
  channel: openTabChannel(),
})

export { AppError, toAppError } from './app-error'
export type { SessionUser } from './session-api'
