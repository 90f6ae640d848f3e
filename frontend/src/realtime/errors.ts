import { AppError } from '@/api'
import {
  CANCELLED,
  CLIENT_ERROR,
  NETWORK_ERROR,
  RATE_LIMITED,
  readFieldErrors,
  SERVER_ERROR,
} from '@/api/app-error'
import type { FrameOf } from './frames'

/** What the server calls its own failures; their texts are not for the screen. */
const SERVER_FAILURES: readonly string[] = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE']

/** An error that came as a frame, in the shape that failures have everywhere. */
export function errorOf({ code, message, details }: FrameOf<'error'>): AppError {
  if (SERVER_FAILURES.includes(code)) return new AppError({ code: SERVER_ERROR, details })
  return new AppError({ code, message, details, fieldErrors: readFieldErrors(details) })
}

/** Whether the same may go well in a moment. */
export function isPassing({ code }: AppError): boolean {
  return code === SERVER_ERROR || code === RATE_LIMITED
}

/** Nobody waits for the answer any more: whoever asked has signed out. */
export function cancelled(): AppError {
  return new AppError({ code: CANCELLED })
}

/** More waits for the connection than is kept. */
export function tooMuchWaits(): AppError {
  return new AppError({ code: NETWORK_ERROR })
}

/** There is nothing in what is to be said. */
export function nothingToSay(): AppError {
  return new AppError({ code: CLIENT_ERROR })
}
