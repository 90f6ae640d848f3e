import { ref, type Ref, watch } from 'vue'
import { toAppError } from '@/api'
import { CANCELLED } from '@/api/app-error'
import { useErrorText } from '@/shared/composables/useErrorText'

/**
 * What a dialog does when it is confirmed. A failure is told in the dialog, whatever its kind: a
 * notification would lie behind it, where neither eyes nor screen readers reach.
 */
export function useDialogAction(open: Ref<boolean>, action: () => Promise<void>) {
  const errorText = useErrorText()
  const failure = ref<string | null>(null)
  const pending = ref<boolean>(false)

  watch(open, () => (failure.value = null))

  async function run(): Promise<void> {
    failure.value = null
    pending.value = true
    try {
      await action()
    } catch (thrown) {
      const error = toAppError(thrown)
      // Who called off the proof that it asked for wants to hear nothing.
      if (error.code === CANCELLED) return
      failure.value = Object.values(error.fieldErrors)[0] ?? errorText(error)
    } finally {
      pending.value = false
    }
  }

  return { failure, pending, run }
}
