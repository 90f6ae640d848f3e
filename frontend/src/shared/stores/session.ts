import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref } from 'vue'
import { session as manager, type SessionUser } from '@/api'
import type { Permission } from '@/api/generated/types.gen'
import { resetSessionState } from './reset'

/** `unknown` until the first page load has found out. */
export type SessionStatus = 'unknown' | 'signed-out' | 'signed-in'

/** Who is signed in and what they may do. The token itself is not here but in `@/api`. */
export const useSessionStore = defineStore('session', () => {
  const user = ref<SessionUser | null>(null)
  const status = ref<SessionStatus>('unknown')
  /** Why the last session ended: only one that ended by itself is worth coming back to. */
  const endReason = ref<'chosen' | 'ended' | null>(null)

  const permissions = computed<readonly Permission[]>(() => user.value?.permissions ?? [])
  const isSignedIn = computed(() => status.value === 'signed-in')

  const unsubscribe = manager.subscribe((event) => {
    if (event.type === 'signed-in') {
      if (user.value && user.value.id !== event.user.id) resetSessionState()
      user.value = event.user
      endReason.value = null
      status.value = 'signed-in'
      return
    }
    user.value = null
    endReason.value = event.reason
    status.value = 'signed-out'
    resetSessionState()
  })

  onScopeDispose(unsubscribe)

  /** Finds out whether an earlier page load's session still lives; rejects when it can't be known. */
  async function restore(): Promise<void> {
    if (status.value === 'unknown' && !(await manager.restore())) status.value = 'signed-out'
  }

  /** Takes up the session that a redirect of the server has just left; rejects like `restore`. */
  async function arrive(): Promise<void> {
    if (!(await manager.arrive())) status.value = 'signed-out'
  }

  /** Takes in a changed profile; `permissions` stay as they were when the answer has none. */
  function updateUser(changes: Partial<SessionUser>): void {
    if (user.value) user.value = { ...user.value, ...changes }
  }

  function can(permission: Permission): boolean {
    return permissions.value.includes(permission)
  }

  return {
    user,
    status,
    endReason,
    permissions,
    isSignedIn,
    can,
    restore,
    arrive,
    updateUser,
    login: manager.login,
    answerChallenge: manager.answerChallenge,
    loginWithPasskey: manager.loginWithPasskey,
    register: manager.register,
    setup: manager.setup,
    logout: manager.logout,
    finishSignOut: manager.finishSignOut,
  }
})
