import { type Ref, ref, shallowRef, watch } from 'vue'
import { type AppError, toAppError } from '@/api'
import { listMessages } from '@/api/generated/sdk.gen'
import { onFrame } from '@/realtime'
import { useErrorStore } from '@/shared/stores/errors'
import {
  applyFrame,
  fromPage,
  type HistoryPage,
  type LogFrame,
  type MessageLog,
  trimmed,
  withNewer,
  withOlder,
} from '../lib/messageLog'

const PAGE = 50

/** Where a room is opened: at its end, or around a number of its log. */
export type Place = 'latest' | number

interface Options {
  /** Whether its frames come in: what was said before that has to be fetched. */
  isHeard: Ref<boolean>
  /** Whether the end of the list is what is being read. */
  isFollowing: () => boolean
}

/** The messages of one room, as far as they were loaded, kept up to date by its frames. */
export function useMessages(room: string, { isHeard, isFollowing }: Options) {
  const errors = useErrorStore()
  const log = shallowRef<MessageLog | null>(null)
  const error = shallowRef<AppError | null>(null)
  const loading = ref<'older' | 'newer' | null>(null)
  /** Where the list was opened last; a new object each time. */
  const opened = shallowRef<{ place: Place } | null>(null)

  /** What came while something was on its way, whose sender didn't know of it yet. */
  const meanwhile: LogFrame[] = []
  let underway = 0
  /** Opening makes what was on its way before worthless. */
  let turn = 0
  /** Where the list is being opened. */
  let opening: Place | null = null

  const keep = () => (isFollowing() ? 'newest' : 'oldest')

  async function fetchPage(
    query: { before?: number; after?: number },
    limit = PAGE,
  ): Promise<HistoryPage> {
    return (await listMessages({ path: { room }, query: { ...query, limit } })).data
  }

  async function fetchAt(place: Place): Promise<MessageLog> {
    if (place === 'latest') return fromPage(await fetchPage({}))
    const [before, after] = await Promise.all([
      fetchPage({ before: place + 1 }, PAGE / 2),
      fetchPage({ after: place }),
    ])
    return withNewer(fromPage(before), after)
  }

  /** Fetches, and takes the answer in together with the frames that came meanwhile. */
  async function take<Answer>(
    answer: Promise<Answer>,
    merge: (answer: Answer) => MessageLog,
  ): Promise<boolean> {
    const own = turn
    underway += 1
    try {
      const got = await answer
      if (own !== turn) return false
      log.value = meanwhile.reduce(applyFrame, merge(got))
      return true
    } finally {
      underway -= 1
      if (underway === 0) meanwhile.length = 0
    }
  }

  async function open(place: Place): Promise<void> {
    turn += 1
    const own = turn
    opening = place
    error.value = null
    try {
      if (!(await take(fetchAt(place), (fresh) => fresh))) return
      opening = null
      opened.value = { place }
    } catch (thrown) {
      if (own !== turn) return
      opening = null
      if (log.value) errors.handleApiError(thrown, 'rooms.messages')
      else error.value = toAppError(thrown)
    }
  }

  async function extend(direction: 'older' | 'newer'): Promise<void> {
    const now = log.value
    const edge = direction === 'older' ? now?.messages[0] : now?.messages.at(-1)
    const hasMore = direction === 'older' ? now?.hasOlder : now?.hasNewer
    if (!edge || !hasMore || loading.value) return
    loading.value = direction
    const isOlder = direction === 'older'
    const page = fetchPage(isOlder ? { before: edge.seq } : { after: edge.seq })
    try {
      await take(page, (got) => {
        const merged = (isOlder ? withOlder : withNewer)(log.value!, got)
        return trimmed(merged, isOlder ? 'oldest' : 'newest')
      })
    } catch (thrown) {
      errors.handleApiError(thrown, 'rooms.messages')
    } finally {
      loading.value = null
    }
  }

  /** Loads what is shown again; who reads older messages stays there. */
  async function reload(): Promise<void> {
    if (opening !== null) return open(opening)
    const { messages = [], hasNewer = false } = log.value ?? {}
    const middle = messages[Math.floor(messages.length / 2)]
    const wanted = hasNewer && middle ? fetchAt(middle.seq) : fetchAt('latest')
    turn += 1
    try {
      await take(wanted, (fresh) => fresh)
    } catch (thrown) {
      errors.handleApiError(thrown, 'rooms.messages')
    }
  }

  function receive(frame: LogFrame): void {
    if (frame.room !== room) return
    if (underway > 0) meanwhile.push(frame)
    if (log.value) log.value = trimmed(applyFrame(log.value, frame), keep())
  }

  for (const type of ['message', 'message_edited', 'message_deleted', 'reaction'] as const) {
    onFrame(type, receive)
  }
  onFrame('resync', async (frame) => {
    if (frame.room === room) await reload()
  })
  // Heard for the first time only after it was loaded: something may have been said in between.
  const stop = watch(isHeard, async (now) => {
    if (!now) return
    stop()
    if (log.value || underway > 0) await reload()
  })
  if (isHeard.value) stop()

  return { log, error, loading, opened, open, extend, reload }
}
