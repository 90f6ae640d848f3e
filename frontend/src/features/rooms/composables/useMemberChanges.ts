import { type Ref, ref, watch } from 'vue'
import { toAppError } from '@/api'
import { useErrorText } from '@/shared/composables/useErrorText'
import { useAddMember, useRemoveMember } from '../queries'

/** Lets people into a room and shows them out, from a dialog that tells when it could not be. */
export function useMemberChanges(room: () => string, open: Ref<boolean>) {
  const errorText = useErrorText()
  const failure = ref<string | null>(null)
  const { mutateAsync: addMember } = useAddMember(room)
  const { mutateAsync: removeMember } = useRemoveMember(room)

  watch(open, () => (failure.value = null))

  const attempt = (change: (userId: number) => Promise<unknown>) => async (userId: number) => {
    failure.value = null
    try {
      await change(userId)
    } catch (error) {
      failure.value = errorText(toAppError(error))
    }
  }

  return { failure, add: attempt(addMember), remove: attempt(removeMember) }
}
