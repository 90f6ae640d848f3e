import { type DetailedError, type HttpRequest, type HttpResponse, Upload } from 'tus-js-client'
import { AppError, toAppError } from '@/api'
import { apiUrl, identify } from '@/api/direct'
import { CANCELLED, CLIENT_ERROR, errorOfReply, NETWORK_ERROR } from '@/api/app-error'
import { deleteResumable, getResumable } from '@/api/generated/sdk.gen'
import type { FileRead, UploadRefusal } from '@/api/generated/types.gen'
import type { Claim, Sender } from './sender'
import { unfinishedUpload } from './unfinished'

const PATH = '/api/v1/upload/resumable'
/** Which protocol it is, where the library doesn't say it for us. */
const VERSION = { 'Tus-Resumable': '1.0.0' } as const
const CHUNK_BYTES = 16 * 1024 * 1024
/** After how long a request is made again that failed for a passing reason, in milliseconds. */
const RETRY_DELAYS_MS = [500, 1000, 3000, 5000, 10_000, 20_000]
/** Longer than the server takes to say that it isn't done yet, in milliseconds. */
const OUTCOME_TIMEOUT_MS = 60_000

/** Refusals that say that there is no such upload any more, so that a new one is begun. */
const GONE: readonly number[] = [403, 404, 410]
/** Refusals that pass: another offset is being written, the request took too long, the token ran out. */
const PASSING: readonly number[] = [0, 401, 408, 409, 423, 425]
/** Like a reply that refuses what was sent. */
const REFUSED = 422
/** The server has no room, which waiting doesn't make. */
const STORAGE_FULL = 507

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function errorOf(response: HttpResponse, cause?: unknown): AppError {
  return errorOfReply({
    status: response.getStatus(),
    body: parsed(response.getBody()),
    header: (name) => response.getHeader(name),
    cause,
  })
}

/** What the library reports, as the rest of the application knows errors. */
function appErrorOf(thrown: Error | DetailedError): AppError {
  if (!('originalRequest' in thrown)) return toAppError(thrown)
  if (thrown.causingError instanceof AppError) return thrown.causingError
  if (thrown.originalResponse) return errorOf(thrown.originalResponse, thrown)
  return new AppError({ code: NETWORK_ERROR, cause: thrown })
}

const isPassing = ({ status }: AppError) =>
  PASSING.includes(status) || (status >= 500 && status !== STORAGE_FULL)

const idOf = (url: string) => new URL(url).pathname.split('/').at(-1)!

/** Nothing came of all the bytes: why, where it isn't that what came of them is gone already. */
function outcomeError(refusal: UploadRefusal | null): AppError {
  return refusal
    ? new AppError({ ...refusal, status: REFUSED })
    : new AppError({ code: CLIENT_ERROR })
}

/** Reads what became of an upload of which all bytes have arrived. */
async function outcomeOf(url: string, signal: AbortSignal): Promise<FileRead> {
  const path = { upload_id: idOf(url) }
  for (;;) {
    const { data } = await getResumable({ path, signal, timeout: OUTCOME_TIMEOUT_MS })
    if (data.file) return data.file
    if (data.state !== 'finishing') throw outcomeError(data.error)
  }
}

/** Sends a file in pieces by the tus protocol, and goes on where an earlier attempt was cut off. */
export function createResumableSender(file: File, { itemId, description }: Claim): Sender {
  const endpoint = new URL(apiUrl(PATH), location.href).href
  const memory = unfinishedUpload(file, itemId)
  let url = memory.find(endpoint)

  function metadata(): Record<string, string> {
    return {
      filename: file.name,
      filetype: file.type,
      ...(description && { description }),
      ...(itemId !== undefined && { item_id: String(itemId) }),
    }
  }

  /** Sends all bytes; resolves with the upload's address. */
  function transfer(signal: AbortSignal, tell: (sent: number) => void): Promise<string> {
    return new Promise((resolve, reject) => {
      let renew = identify().renew

      function prepare(request: HttpRequest): void {
        signal.throwIfAborted()
        const identity = identify()
        renew = identity.renew
        for (const [name, value] of Object.entries(identity.headers)) request.setHeader(name, value)
      }

      /** The library takes any refusal of its question for "there is no such upload". */
      async function inspect(request: HttpRequest, response: HttpResponse): Promise<void> {
        const status = response.getStatus()
        if (status === 401) await renew()
        const isQuestion = request.getMethod() === 'HEAD' && status >= 400
        if (isQuestion && !GONE.includes(status)) throw errorOf(response)
      }

      const upload = new Upload(file, {
        endpoint,
        uploadUrl: url,
        metadata: metadata(),
        chunkSize: CHUNK_BYTES,
        retryDelays: RETRY_DELAYS_MS,
        storeFingerprintForResuming: false,
        onBeforeRequest: prepare,
        onAfterResponse: inspect,
        onShouldRetry: (error) => navigator.onLine && isPassing(appErrorOf(error)),
        onUploadUrlAvailable: () => memory.remember((url = upload.url!)),
        onProgress: tell,
        onSuccess: () => resolve(upload.url!),
        onError: (error) => reject(appErrorOf(error)),
      })
      signal.addEventListener('abort', () => {
        void upload.abort()
        reject(new AppError({ code: CANCELLED }))
      })
      upload.start()
    })
  }

  function forget(): void {
    url = null
    memory.forget()
  }

  return {
    canPause: true,
    async send(signal, tell) {
      try {
        const read = await outcomeOf(await transfer(signal, tell), signal)
        memory.forget()
        return read
      } catch (thrown) {
        const error = toAppError(thrown)
        // Refused for good: what has arrived is of no use for another attempt.
        if (error.status >= 400 && !isPassing(error)) forget()
        throw error
      }
    },
    async discard() {
      const last = url
      forget()
      if (last === null) return
      await deleteResumable({ path: { upload_id: idOf(last) }, headers: VERSION })
    },
  }
}
