import type { TokenReply } from '@/api/generated/types.gen'
import type { SessionApi, SessionUser } from '@/api/session-api'
import type { TabChannel, TabMessage } from '@/api/tab-channel'

export function sessionUser(changes: Partial<SessionUser> = {}): SessionUser {
  return {
    id: 1,
    username: 'hanako',
    email: 'hanako@example.com',
    full_name: null,
    bio: null,
    profile_image: null,
    role: 'member',
    is_active: true,
    is_superuser: false,
    email_verified: false,
    permissions: [],
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    created_by: null,
    updated_by: null,
    ...changes,
  }
}

export function tokenReply(accessToken: string, changes: Partial<SessionUser> = {}): TokenReply {
  return {
    access_token: accessToken,
    refresh_token: null,
    token_type: 'bearer',
    expires_in: 3600,
    user: sessionUser(changes),
  }
}

/** A server whose every call hands out the next token: `token-1`, `token-2` … */
export function fakeSessionApi(
  changes: Partial<SessionApi> = {},
): SessionApi & { issued(): number } {
  let count = 0
  const next = () => Promise.resolve(tokenReply(`token-${(count += 1)}`))
  return {
    login: next,
    answerChallenge: next,
    loginWithPasskey: next,
    register: next,
    setup: next,
    refresh: next,
    logout: () => Promise.resolve(),
    ...changes,
    issued: () => count,
  }
}

/** Channels of several tabs; as in a browser a message reaches every tab but its sender, a bit later. */
export function fakeTabs() {
  const tabs: Set<(message: TabMessage) => void>[] = []
  return {
    open(): TabChannel {
      const own = new Set<(message: TabMessage) => void>()
      tabs.push(own)
      return {
        post(message) {
          const copy = structuredClone(message)
          queueMicrotask(() => {
            for (const tab of tabs) {
              if (tab !== own) for (const listener of tab) listener(copy)
            }
          })
        },
        listen(listener) {
          own.add(listener)
          return () => own.delete(listener)
        },
      }
    },
  }
}

/** Web Locks as browsers have them: one holder at a time, `ifAvailable`, and giving up by a signal. */
export function fakeLocks(): LockManager {
  let queue: Promise<unknown> = Promise.resolve()
  let holders = 0
  return {
    async request(_name: string, options: LockOptions, task: (lock: Lock | null) => unknown) {
      if (options.ifAvailable && holders > 0) return task(null)
      holders += 1
      const turn = queue.then(() => task({ name: _name, mode: 'exclusive' }))
      queue = turn.catch(() => undefined)
      try {
        return await turn
      } finally {
        holders -= 1
      }
    },
    query: () => Promise.resolve({}),
  } as LockManager
}
