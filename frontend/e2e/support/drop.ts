import type { JSHandle, Locator, Page } from '@playwright/test'

/** A file as Playwright takes it, too. */
export interface Payload {
  name: string
  mimeType: string
  buffer: Buffer
}

/** Files as they come to a page with what is dropped or pasted. */
export function carried(page: Page, files: readonly Payload[]): Promise<JSHandle<DataTransfer>> {
  const plain = files.map(({ name, mimeType, buffer }) => {
    return { name, type: mimeType, base64: buffer.toString('base64') }
  })
  return page.evaluateHandle((all) => {
    const transfer = new DataTransfer()
    for (const { name, type, base64 } of all) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
      transfer.items.add(new File([bytes], name, { type }))
    }
    return transfer
  }, plain)
}

/** Lets a file fall on an element, as from another window. */
export async function drop(target: Locator, file: Payload): Promise<void> {
  const dataTransfer = await carried(target.page(), [file])
  for (const step of ['dragenter', 'dragover', 'drop']) {
    await target.dispatchEvent(step, { dataTransfer })
  }
}

/** Pastes a file into an element. */
export async function paste(target: Locator, file: Payload): Promise<void> {
  await target.evaluate(
    (element, clipboardData) => {
      element.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
      )
    },
    await carried(target.page(), [file]),
  )
}
