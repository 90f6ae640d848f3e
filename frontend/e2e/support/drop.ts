import type { Locator } from '@playwright/test'

/** A file as Playwright takes it, too. */
interface Payload {
  name: string
  mimeType: string
  buffer: Buffer
}

/** Lets a file fall on an element, as from another window. */
export async function drop(target: Locator, { name, mimeType, buffer }: Payload): Promise<void> {
  await target.evaluate(
    (element, { filename, type, bytes }) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([new Uint8Array(bytes)], filename, { type }))
      for (const step of ['dragenter', 'dragover', 'drop']) {
        element.dispatchEvent(
          new DragEvent(step, { dataTransfer, bubbles: true, cancelable: true }),
        )
      }
    },
    { filename: name, type: mimeType, bytes: [...buffer] },
  )
}
