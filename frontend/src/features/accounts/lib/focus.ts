/** Puts the keyboard into a field, with what stands there selected, to be corrected. */
export function focusField(id: string): void {
  const input = document.getElementById(id)
  if (!(input instanceof HTMLInputElement)) return
  input.focus()
  input.select()
}
