import { defineStore } from 'pinia'
import { computed, onScopeDispose, shallowReactive, watch } from 'vue'
import { AppError, toAppError } from '@/api'
import { NETWORK_ERROR } from '@/api/app-error'
import type { FileRead, UploadLimits } from '@/api/generated/types.gen'
import { randomId } from '@/shared/lib/random-id'
import { onSessionEnd } from '@/shared/stores/reset'
import { useFileChanges } from '../changes'
import { useLimitsLookup } from '../limits'
import { isSimple, largest, precheck, typeByName } from '../precheck'
import { isOver, isRunning, isUnfinished, type UploadEntry, type UploadOptions } from './entry'
import { holdTab } from './hold-tab'
import type { Sender } from './sender'
import { createSimpleSender } from './simple'
import { forgetUnfinishedUploads } from './unfinished'

/** How many are sent at the same time. */
const PLACES = 3

/** What sending a file takes and nobody sees. */
interface Job {
  file: File
  options: UploadOptions
  sender: Sender | null
  /** Ends the attempt that runs. */
  controller: AbortController | null
}

/** Browsers derive the type from the name, and not all of them know the same ones. */
function withKnownType(file: File, limits: UploadLimits): File {
  const type = typeByName(file.name, limits)?.content_type ?? file.type
  const { lastModified } = file
  return type === file.type ? file : new File([file], file.name, { type, lastModified })
}

async function senderFor(file: File, options: UploadOptions, limits: UploadLimits) {
  const known = withKnownType(file, limits)
  if (isSimple(known, limits)) return createSimpleSender(known, options)
  const { createResumableSender } = await import('./resumable')
  return createResumableSender(known, options)
}

/** Throws what the server would say after all of it had been sent. */
function refuseInTime(file: File, limits: UploadLimits): void {
  const problem = precheck(file, limits)
  if (problem === null) return
  throw new AppError({ code: problem, details: { max: largest(file.name, limits) } })
}

/** The files that are on their way to the server, whatever page is open. */
export const useUploadsStore = defineStore('uploads', () => {
  const entries = shallowReactive<UploadEntry[]>([])
  const jobs = new Map<string, Job>()
  const limits = useLimitsLookup()
  const noteChange = useFileChanges()

  /** Whether there is one that leaving the application would end. */
  const isBusy = computed(() => entries.some(isUnfinished))

  function find(id: string): UploadEntry | undefined {
    return entries.find((entry) => entry.id === id)
  }

  /** The entries that were added for this context. */
  function of(context: string): UploadEntry[] {
    return entries.filter((entry) => entry.context === context)
  }

  function pump(): void {
    const waiting = entries.filter(({ state }) => state === 'queued')
    const free = PLACES - entries.filter(isRunning).length
    for (const entry of waiting.slice(0, Math.max(free, 0))) void run(entry)
  }

  /** Sends a file; what ends it meanwhile has said already what becomes of its entry. */
  async function run(entry: UploadEntry): Promise<void> {
    const job = jobs.get(entry.id)!
    const controller = (job.controller = new AbortController())
    const { signal } = controller
    entry.state = 'uploading'
    const take = await send(entry, job, signal).then(
      (file) => () => finish(entry, job, file),
      (thrown: unknown) => () => fail(entry, thrown),
    )
    try {
      if (!signal.aborted) take()
    } finally {
      pump()
    }
  }

  async function send(entry: UploadEntry, job: Job, signal: AbortSignal): Promise<FileRead> {
    if (!job.sender) {
      const known = await limits()
      refuseInTime(job.file, known)
      job.sender = await senderFor(job.file, job.options, known)
    }
    signal.throwIfAborted()
    entry.canPause = job.sender.canPause
    return job.sender.send(signal, (sent) => {
      if (signal.aborted) return
      entry.sent = sent
      entry.state = sent < entry.size ? 'uploading' : 'checking'
    })
  }

  function finish(entry: UploadEntry, { options }: Job, file: FileRead): void {
    jobs.delete(entry.id)
    entry.sent = entry.size
    entry.file = file
    entry.state = 'done'
    noteChange(file.item_id)
    options.onDone?.(file, entry.id)
  }

  function fail(entry: UploadEntry, thrown: unknown): void {
    entry.error = toAppError(thrown)
    entry.state = 'failed'
  }

  /** Sends files as soon as there is a place; returns the ids of their entries, in the same order. */
  function add(files: Iterable<File>, options: UploadOptions = {}): string[] {
    const added = Array.from(files, (file): UploadEntry => {
      const { name, size, type } = file
      const id = randomId()
      jobs.set(id, { file, options, sender: null, controller: null })
      const { context = null } = options
      const start = { state: 'queued', sent: 0, canPause: false, error: null, file: null } as const
      return shallowReactive({ id, name, size, type, context, ...start })
    })
    entries.push(...added)
    pump()
    return added.map(({ id }) => id)
  }

  /** Ends the attempt that runs; what comes of its entry is said before. */
  function stop(id: string): void {
    jobs.get(id)?.controller?.abort()
  }

  function pause(id: string): void {
    const entry = find(id)
    if (entry?.state !== 'uploading' || !entry.canPause) return
    entry.state = 'paused'
    stop(id)
  }

  function queue(entry: UploadEntry): void {
    entry.error = null
    entry.state = 'queued'
    pump()
  }

  function resume(id: string): void {
    const entry = find(id)
    if (entry?.state === 'paused') queue(entry)
  }

  /** Sends one again that failed or was cancelled; a large one from where it stopped. */
  function retry(id: string): void {
    const entry = find(id)
    if (entry?.state === 'failed' || entry?.state === 'cancelled') queue(entry)
  }

  /** Gives one up that isn't over yet. */
  function cancel(id: string): void {
    const entry = find(id)
    const job = jobs.get(id)
    if (!entry || !job || isOver(entry)) return
    entry.state = 'cancelled'
    entry.sent = 0
    stop(id)
    // What the server keeps of it in spite of that expires there.
    job.sender?.discard().catch(() => undefined)
    job.sender = null
  }

  /** Takes an entry off the list; one that isn't over is given up. */
  function remove(id: string): void {
    cancel(id)
    jobs.delete(id)
    const at = entries.findIndex((entry) => entry.id === id)
    if (at >= 0) entries.splice(at, 1)
  }

  /** Takes those off that are over, of one context or of all. */
  function clear(context?: string): void {
    for (const entry of context === undefined ? [...entries] : of(context)) {
      if (isOver(entry)) remove(entry.id)
    }
  }

  /** Sends again what failed for lack of a connection. */
  function retryLost(): void {
    for (const { id, error } of entries) if (error?.code === NETWORK_ERROR) retry(id)
  }

  function reset(): void {
    const running = [...jobs.keys()]
    entries.splice(0)
    running.forEach(stop)
    jobs.clear()
    forgetUnfinishedUploads()
  }

  addEventListener('online', retryLost)
  watch(isBusy, (busy, _before, onCleanup) => busy && onCleanup(holdTab()))
  const stopFollowing = onSessionEnd(reset)
  onScopeDispose(() => {
    removeEventListener('online', retryLost)
    stopFollowing()
    for (const id of jobs.keys()) stop(id)
  })

  return { entries, isBusy, of, add, pause, resume, retry, cancel, remove, clear }
})
