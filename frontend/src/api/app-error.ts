import { isAxiosError, isCancel } from 'axios'

/** Codes that the browser makes itself, where the server sent none that is worth showing. */
export const NETWORK_ERROR = 'NETWORK_ERROR'
export const SERVER_ERROR = 'SERVER_ERROR'
export const CLIENT_ERROR = 'CLIENT_ERROR'
export const CANCELLED = 'CANCELLED'

/** The browser or the authenticator made or used no passkey. */
export const PASSKEY_FAILED = 'PASSKEY_FAILED'
/** The authenticator holds a passkey of this account already. */
export const PASSKEY_KNOWN = 'PASSKEY_KNOWN'

/** The server's code of a 429. */
export const RATE_LIMITED = 'RATE_LIMITED'

/** English texts of those codes; the user interface shows the translation of the code where it has one. */
export const CLIENT_MADE_MESSAGES: Readonly<Record<string, string>> = {
  [NETWORK_ERROR]: 'Network Error - Please check your connection',
  [SERVER_ERROR]: 'Server is temporarily unavailable. Please try again later.',
  [CLIENT_ERROR]: 'Something went wrong. Please try again.',
  [CANCELLED]: 'The request was cancelled.',
  [PASSKEY_FAILED]: "The passkey couldn't be used. Please try again.",
  [PASSKEY_KNOWN]: 'This device has a passkey for your account already.',
}

export interface AppErrorInit {
  code: string
  /** HTTP status, or 0 when no reply came. */
  status?: number
  message?: string
  /** Messages of a 422 by field path, such as `tags.0`. */
  fieldErrors?: Record<string, string>
  requestId?: string | null
  retryAfter?: number | null
  details?: Record<string, unknown>
  cause?: unknown
}

/** The one shape in which every failure reaches stores, forms and views. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: string
  readonly status: number
  readonly fieldErrors: Readonly<Record<string, string>>
  readonly requestId: string | null
  /** Seconds after which another attempt makes sense, where the server says so. */
  readonly retryAfter: number | null
  readonly details: Readonly<Record<string, unknown>>

  constructor(init: AppErrorInit) {
    super(init.message ?? CLIENT_MADE_MESSAGES[init.code] ?? init.code, { cause: init.cause })
    this.code = init.code
    this.status = init.status ?? 0
    this.fieldErrors = init.fieldErrors ?? {}
    this.requestId = init.requestId ?? null
    this.retryAfter = init.retryAfter ?? null
    this.details = init.details ?? {}
  }
}

interface Envelope {
  code: string
  message: string
  details: Record<string, unknown>
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The server's error envelope, or null when the body is something else (a proxy's HTML page, say). */
function readEnvelope(body: unknown): Envelope | null {
  if (!isRecord(body) || !isRecord(body.error)) return null
  const { code, message, details } = body.error
  if (typeof code !== 'string' || typeof message !== 'string') return null
  return { code, message, details: isRecord(details) ? details : {} }
}

/** The messages of a 422, by field path. */
export function readFieldErrors(details: Record<string, unknown>): Record<string, string> {
  if (!isRecord(details.fields)) return {}
  return Object.fromEntries(
    Object.entries(details.fields).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

/** `Retry-After` in seconds; its other form, a date, is never sent to us. */
function readRetryAfter(header: unknown): number | null {
  return typeof header === 'string' && /^\d+$/u.test(header) ? Number(header) : null
}

/** Turns whatever was thrown into an `AppError`; one that is already normalised is returned as is. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (isCancel(thrown)) return new AppError({ code: CANCELLED, cause: thrown })
  if (!isAxiosError(thrown)) return new AppError({ code: CLIENT_ERROR, cause: thrown })

  const reply = thrown.response
  if (!reply) return new AppError({ code: NETWORK_ERROR, cause: thrown })
  return errorOfReply({
    status: reply.status,
    body: reply.data,
    header: (name) => reply.headers[name],
    cause: thrown,
  })
}

/** A reply that refuses, whoever asked for it. */
interface Refusal {
  status: number
  /** What came, read as JSON where it is that. */
  body: unknown
  /** A header by its name in small letters. */
  header: (name: string) => unknown
  cause?: unknown
}

/** What the server said by a reply that is none of success. */
export function errorOfReply({ status, body, header, cause }: Refusal): AppError {
  const envelope = readEnvelope(body)
  const requestId = header('x-request-id')
  const common = {
    status,
    requestId: typeof requestId === 'string' ? requestId : null,
    retryAfter: readRetryAfter(header('retry-after')),
    details: envelope?.details,
    cause,
  }
  if (status >= 500) return new AppError({ ...common, code: SERVER_ERROR })
  if (!envelope) return new AppError({ ...common, code: CLIENT_ERROR })
  return new AppError({
    ...common,
    code: envelope.code,
    message: envelope.message,
    fieldErrors: readFieldErrors(envelope.details),
  })
}
