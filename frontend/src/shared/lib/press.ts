let isPressed = false
const waiting: (() => void)[] = []

function release() {
  isPressed = false
  for (const run of waiting.splice(0)) run()
}

addEventListener('pointerdown', () => (isPressed = true), { capture: true })
// In this phase a click has found its target, and what it does comes after `release`.
addEventListener('click', release, { capture: true })
// A press that becomes no click ends, too.
for (const end of ['pointerup', 'pointercancel']) {
  addEventListener(end, () => setTimeout(release), { capture: true })
}

/**
 * Runs at once, or at the end of the press that is going on. For what a field does when it is left:
 * were a message to appear while the button below is pressed, the button would move away from under
 * the pointer, and there would be no click.
 */
export function whenReleased(run: () => void): void {
  if (isPressed) waiting.push(run)
  else run()
}
