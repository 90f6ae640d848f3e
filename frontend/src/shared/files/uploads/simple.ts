import { uploadFile } from '@/api/generated/sdk.gen'
import { randomId } from '@/shared/lib/random-id'
import type { Claim, Sender } from './sender'

/** Sends a file in one request. Sent again after a lost answer, it is still one file. */
export function createSimpleSender(file: File, { itemId, description }: Claim): Sender {
  const idempotencyKey = randomId()
  return {
    canPause: false,
    async send(signal, tell) {
      const { data } = await uploadFile({
        body: { file, description, item_id: itemId },
        headers: { 'Idempotency-Key': idempotencyKey },
        signal,
        // How long it takes is a matter of the connection; the server ends one that stands still.
        timeout: 0,
        // The rest of the form counts as well, and the file is through when all of it is.
        onUploadProgress: ({ loaded, total = file.size }) =>
          tell(Math.min(file.size, Math.floor((loaded / Math.max(total, 1)) * file.size))),
      })
      return data
    },
    discard: () => Promise.resolve(),
  }
}
