import { setTokenRenewal, token } from './instance'
import { sessionApi } from './session-api'
import { createSessionManager } from './session-manager'
import { openTabChannel } from './tab-channel'
import { createTabLock } from './tab-lock'

/** The session of this browser. Views use the store in `@/shared/stores/session`. */
export const session = createSessionManager({
  api: sessionApi,
  token,
  lock: createTabLock(),
  channel: openTabChannel(),
})

addEventListener('online', () => void session.finishSignOut())

setTokenRenewal((refused) => session.refresh(refused))

export { AppError, toAppError } from './app-error'
export { setRequestLanguage } from './instance'
export type { SessionUser } from './session-api'
