import { computed } from 'vue'
import type { UserRead } from '@/api/generated/types.gen'
import { useSessionStore } from '@/shared/stores/session'

/** What the signed-in person may do with an account; the server decides by the same rules. */
export function useUserRights(user: () => UserRead) {
  const session = useSessionStore()
  const isSuperuser = computed(() => session.user?.is_superuser === true)
  const canWrite = computed(() => session.can('users:write'))
  return {
    isOwn: computed(() => session.user?.id === user().id),
    canWrite,
    /** Superusers are changed by superusers only. */
    canChange: computed(() => canWrite.value && (!user().is_superuser || isSuperuser.value)),
    canGrantSuperuser: isSuperuser,
  }
}
