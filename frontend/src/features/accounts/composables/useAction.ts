import { ref } from 'vue'
import { useErrorStore } from '@/shared/stores/errors'

/** What a button does: it is pending while that runs, and a failure becomes a notification. */
export function useAction(context: string, action: () => Promise<void>) {
  const errors = useErrorStore()
  const pending = ref<boolean>(false)

  async function run(): Promise<void> {
    pending.value = true
    try {
      await action()
    } catch (error) {
      errors.handleApiError(error, context)
    } finally {
      pending.value = false
    }
  }

  return { pending, run }
}
