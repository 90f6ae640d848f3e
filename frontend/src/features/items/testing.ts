import { flushPromises } from '@vue/test-utils'
import { http, HttpResponse, type JsonBodyType } from 'msw'
import { onTestFinished, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { RouterView, type RouteRecordRaw } from 'vue-router'
import type { SessionUser } from '@/api'
import { http as axios } from '@/api/instance'
import type { ItemRead, ItemStats } from '@/api/generated/types.gen'
import { LIMITS } from '@/shared/files/testing'
import { useSessionStore } from '@/shared/stores/session'
import { collectionOf } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { server } from '@/testing/server'
import { sessionUser } from '@/testing/session'
import { openLive } from '@/testing/socket'
import { LONGEST_MS, start } from './live'
import { items } from './routes'

export { collectionOf } from '@/testing/api'

// Loaded ahead of the tests: their time limit is not for compiling the pages that the routes name.
import.meta.glob('./views/*.vue', { eager: true })

/** An item of the person who is signed in, unless told otherwise. */
export function anItem(changes: Partial<ItemRead> = {}): ItemRead {
  const ownerId = changes.owner_id ?? 1
  return {
    id: 7,
    title: 'Spring catalogue',
    description: 'What it is about',
    status: 'draft',
    tags: ['design'],
    owner_id: ownerId,
    owner: { id: ownerId, username: 'hanako', full_name: 'Hanako Yuki', profile_image: null },
    version: 3,
    created_at: '2026-01-30T09:30:00Z',
    updated_at: '2026-01-31T09:30:00Z',
    created_by: ownerId,
    updated_by: ownerId,
    ...changes,
  }
}

export function stats(counts: ItemStats['by_status'], daily: number[] = []): ItemStats {
  const date = (day: number) => `2026-01-${String(day + 1).padStart(2, '0')}`
  return {
    by_status: counts,
    daily: daily.map((count, day) => ({ date: date(day), count })),
  }
}

export function problem(status: number, code: string, fields: Record<string, string> = {}) {
  return HttpResponse.json(
    { error: { id: 'e', code, message: `It says ${code}`, details: { fields }, timestamp: '' } },
    { status },
  )
}

/** Requests that have no answer yet, and those of them that a test holds back on purpose. */
let underway = 0
let held = 0

axios.interceptors.request.use((config) => {
  underway += 1
  return config
})
axios.interceptors.response.use(
  (reply) => {
    underway -= 1
    return reply
  },
  (error) => {
    underway -= 1
    throw error
  },
)

/** A request as the tests look at it. */
export interface Seen {
  method: string
  path: string
  query: Record<string, string>
  body: unknown
  headers: Headers
}

type Answer = JsonBodyType | Response | undefined
type Answering = (seen: Seen) => Answer | Promise<Answer>

/**
 * Answers `GET /items`, `POST /items/new` … of the API by `answers`, each of which is a reply, the body
 * of one, or a function that gives it; returns the requests in the order in which they came.
 */
export function serve(answers: Record<string, Answer | Answering>): Seen[] {
  const requests: Seen[] = []
  const nobody = { total_connections: 1, active_rooms: 0, connected_users: 1 }
  const given = {
    'GET /items/tags': { data: [] },
    'GET /items/:id/files': collectionOf([]),
    'GET /stats': nobody,
    'GET /upload/limits': LIMITS,
    ...answers,
  }
  for (const [route, answer] of Object.entries(given)) {
    const [method, path] = route.split(' ') as ['GET', string]
    const register = { GET: http.get, POST: http.post, PATCH: http.patch, DELETE: http.delete }
    server.use(
      register[method](`*/api/v1${path}`, async ({ request }) => {
        const text = await request.text()
        const url = new URL(request.url)
        const seen: Seen = {
          method,
          path: url.pathname.replace('/api/v1', ''),
          query: Object.fromEntries(url.searchParams),
          body: text ? JSON.parse(text) : undefined,
          headers: request.headers,
        }
        requests.push(seen)
        held += 1
        const reply = typeof answer === 'function' ? await (answer as Answering)(seen) : answer
        held -= 1
        if (reply instanceof Response) return reply.clone()
        return HttpResponse.json(reply as JsonBodyType)
      }),
    )
  }
  return requests
}

/** A reply with an item as `GET /items/{id}` gives it. */
export function tagged(item: ItemRead, status = 200) {
  return HttpResponse.json(item, { status, headers: { ETag: `"${item.version}-x"` } })
}

const routes: RouteRecordRaw[] = Object.values(items.pages ?? {}).flat()

interface OpenOptions {
  user?: Partial<SessionUser>
  language?: 'en' | 'ja'
  /** What else goes on while someone is signed in. */
  setup?: () => void
}

/** The feature's pages at an address, for someone who is signed in. */
export async function openPage(at: string, { user = {}, language, setup }: OpenOptions = {}) {
  const App = defineComponent(() => {
    const session = useSessionStore()
    session.user = sessionUser(user)
    session.status = 'signed-in'
    setup?.()
    return () => h(RouterView)
  })
  underway = 0
  held = 0
  const mounted = await mountWithApp(App, { routes, at, language })
  await settle()
  return mounted
}

/** The same, over whose live connection the test sends; what that makes it load again has come. */
export async function openLivePage(at: string, options: OpenOptions = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const page = await openPage(at, { ...options, setup: start })
  const socket = await openLive()
  await afterBurst()
  return {
    ...page,
    socket,
    /** The rows that are shown, by their test ids. */
    rows: () =>
      page.wrapper.findAll('[data-testid^="item-"]').map((row) => row.attributes('data-testid')),
    /** The server tells of a change, or of a new item that has its first version. */
    tell(item: ItemRead) {
      const type = item.version === 1 ? 'item_created' : 'item_updated'
      socket.deliver({ type, item_id: item.id, version: item.version, data: item })
    },
    tellGone(id: number, version: number) {
      socket.deliver({ type: 'item_deleted', item_id: id, version, data: null })
    },
  }
}

/** Until the burst of changes is over, and what follows from it has been loaded. */
export async function afterBurst() {
  await settle()
  vi.advanceTimersByTime(LONGEST_MS)
  await settle()
}

/** Until no answer is missing but those that are held back, and what came of them is drawn. */
export async function settle() {
  let quiet = 0
  while (quiet < 4) {
    await flushPromises()
    quiet = underway <= held ? quiet + 1 : 0
  }
}
