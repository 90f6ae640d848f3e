import { onScopeDispose, ref, type Ref, watch } from 'vue'

/** How long screen readers get to notice an answer, in milliseconds. */
const NOTICE_MS = 1000

/**
 * Whether what a page shows just now answers what the person asked of it, rather than what others do
 * meanwhile: `question` says what is asked, `isAnswered` whether that is what is shown.
 */
export function useAskedFor(question: () => string, isAnswered: () => boolean): Ref<boolean> {
  const isAsked = ref<boolean>(true)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    [question, isAnswered],
    ([, answered]) => {
      clearTimeout(timer)
      isAsked.value = true
      if (answered) timer = setTimeout(() => (isAsked.value = false), NOTICE_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return isAsked
}
