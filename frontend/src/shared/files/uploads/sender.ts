import type { FileRead } from '@/api/generated/types.gen'
import type { UploadOptions } from './entry'

/** What the server is told of a file. */
export type Claim = Pick<UploadOptions, 'itemId' | 'description'>

/** Sends one file, in one of the two ways there are. */
export interface Sender {
  readonly canPause: boolean
  /**
   * Sends what is missing, and tells how many bytes the server has got. Rejects with an `AppError`; when
   * the signal ends it, what was sent is kept where that is possible.
   */
  send(signal: AbortSignal, tell: (sent: number) => void): Promise<FileRead>
  /** Forgets what was sent, at the server too. */
  discard(): Promise<void>
}
