/**
 * What must be forgotten when someone signs out: each store that holds things of a person registers
 * how to empty itself. Preferences don't: they belong to the browser.
 */
const callbacks = new Set<() => void>()

/** Calls `reset` at every sign-out, and when another person signs in; returns how to stop that. */
export function onSessionEnd(reset: () => void): () => void {
  callbacks.add(reset)
  return () => callbacks.delete(reset)
}

export function resetSessionState(): void {
  for (const reset of callbacks) reset()
}
