import { ref, type Ref, watch } from 'vue'
import { toAppError } from '@/api'
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
      failure.value = Object.values(error.fieldErrors)[0] ?? errorText(error)
    } finally {
      pending.value = false
    }
  }

  return { failure, pending, run }
}
