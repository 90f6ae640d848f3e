import type { CDPSession } from '@playwright/test'

/**
 * Types as with an input method: the reading is shown while it is composed, then replaced by `text`;
 * without that the composition goes on.
 */
export async function compose(
  session: CDPSession,
  readings: readonly string[],
  text?: string,
): Promise<void> {
  for (const reading of readings) {
    await session.send('Input.imeSetComposition', {
      text: reading,
      selectionStart: reading.length,
      selectionEnd: reading.length,
    })
  }
  if (text !== undefined) await session.send('Input.insertText', { text })
}
