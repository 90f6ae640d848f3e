/**
 * Whether an input method is at work in a field, whose Enter takes over a word and is not ours. Browsers
 * disagree on the order of that Enter and the end of the composition: Safari ends it first, and then
 * tells by the key code alone that the key was the input method's.
 */
export function useComposition() {
  const PROCESSED_BY_INPUT_METHOD = 229
  let isComposing = false
  /** The composition ended, and the key that ended it hasn't been let go of. */
  let isEnding = false

  return {
    onCompositionstart(): void {
      isComposing = true
      isEnding = false
    },
    onCompositionend(): void {
      isComposing = false
      isEnding = true
      // A pointer may have ended it, after which no key comes up.
      setTimeout(() => (isEnding = false))
    },
    onKeyup(): void {
      isEnding = false
    },
    takes(event: KeyboardEvent): boolean {
      // oxlint-disable-next-line no-deprecated -- nothing else tells it in Safari
      const { keyCode } = event
      return event.isComposing || isComposing || isEnding || keyCode === PROCESSED_BY_INPUT_METHOD
    },
  }
}
