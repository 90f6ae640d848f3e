import type { AppError } from '@/api'
import type { FileRead } from '@/api/generated/types.gen'
import { isProblemKey, NO_ROOM } from '../precheck'

/**
 * `queued`: waits for its turn. `checking`: all of it has arrived, and the server looks into it.
 * `failed` and `cancelled` can be tried again.
 */
type UploadState = 'queued' | 'uploading' | 'paused' | 'checking' | 'done' | 'failed' | 'cancelled'

/** One file on its way to the server, as it is shown. Two of the same name are two entries. */
export interface UploadEntry {
  readonly id: string
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** As the browser sees it; empty where it doesn't know. */
  readonly type: string
  /** What it belongs to, as whoever added it calls that. */
  readonly context: string | null
  state: UploadState
  /** Bytes that have been sent. */
  sent: number
  /** Whether it can be paused, which only a large one can. */
  canPause: boolean
  /** Why it failed. */
  error: AppError | null
  /** What became of it. */
  file: FileRead | null
}

/** What a file is uploaded for. */
export interface UploadOptions {
  /** The item to attach it to. */
  itemId?: number
  /** What it shows, for those who can't see it. */
  description?: string
  /** A name for what the files belong to, by which a list shows just those. */
  context?: string
  /** Is told of each that has arrived, wherever the person is by then. */
  onDone?: (file: FileRead, id: string) => void
}

const RUNNING: readonly UploadState[] = ['uploading', 'checking']
const UNFINISHED: readonly UploadState[] = ['queued', ...RUNNING]
const OVER: readonly UploadState[] = ['done', 'failed', 'cancelled']

/** Whether it takes one of the places of those that are sent at the same time. */
export const isRunning = ({ state }: UploadEntry) => RUNNING.includes(state)

/** Whether it goes on by itself. */
export const isUnfinished = ({ state }: UploadEntry) => UNFINISHED.includes(state)

/** Refusals that are about the file itself, or about who may do what. */
const FINAL_STATUSES: readonly number[] = [400, 403, 404, 415, 422]

/** Whether another attempt may go better. */
export function isWorthRetrying({ state, error }: UploadEntry): boolean {
  if (state === 'cancelled') return true
  if (state !== 'failed' || !error) return false
  return isProblemKey(error.code) ? error.code === NO_ROOM : !FINAL_STATUSES.includes(error.status)
}

/** Whether nothing more becomes of it by itself, nor by resuming. */
export const isOver = ({ state }: UploadEntry) => OVER.includes(state)

/** How much of it is sent, in whole percents. */
export const percentOf = ({ sent, size }: UploadEntry) =>
  Math.floor((sent / Math.max(size, 1)) * 100)
