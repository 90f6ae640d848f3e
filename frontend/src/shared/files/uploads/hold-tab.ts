/** Makes the browser ask before it closes this tab; returns how to stop that. */
export function holdTab(): () => void {
  const ask = (event: BeforeUnloadEvent) => event.preventDefault()
  // Only while it is needed: a page with such a listener isn't kept for going back to.
  addEventListener('beforeunload', ask)
  return () => removeEventListener('beforeunload', ask)
}
