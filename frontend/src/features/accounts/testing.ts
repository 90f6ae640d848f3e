import { http, HttpResponse, type JsonBodyType } from 'msw'
import { vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { RouterView, type RouteRecordRaw } from 'vue-router'
import type { SessionUser } from '@/api'
import type { UserRead, UserReadCollection } from '@/api/generated/types.gen'
import { useErrorStore } from '@/shared/stores/errors'
import { useNoticeStore } from '@/shared/stores/notices'
import { useSessionStore } from '@/shared/stores/session'
import { mountWithApp } from '@/testing/mount'
import { server } from '@/testing/server'
import { sessionUser } from '@/testing/session'
import { accounts } from './routes'

// Loaded ahead of the tests: their time limit is not for compiling the pages that the routes name.
import.meta.glob('./views/*.vue', { eager: true })

export const WRITER: Partial<SessionUser> = {
  role: 'admin',
  permissions: ['users:read', 'users:write'],
}
export const SUPERUSER: Partial<SessionUser> = { ...WRITER, is_superuser: true }

/** A request as the tests look at it; a form's fields are its body as well. */
export interface Seen {
  method: string
  path: string
  query: Record<string, string>
  body: unknown
}

type Answer = JsonBodyType | Response | undefined

/**
 * Answers `GET /users`, `PATCH /users/7` … of the API by `answers`, each of which is a reply, the
 * body of one, or a function that gives it; returns the requests in the order in which they came.
 */
export function serve(answers: Record<string, Answer | ((seen: Seen) => Answer)>): Seen[] {
  const requests: Seen[] = []
  for (const [route, answer] of Object.entries(answers)) {
    const [method, path] = route.split(' ') as ['GET', string]
    const register = { GET: http.get, POST: http.post, PATCH: http.patch, DELETE: http.delete }
    server.use(
      register[method](`*/api/v1${path}`, async ({ request }) => {
        const text = await request.text()
        const isForm = request.headers.get('content-type')?.includes('urlencoded')
        const url = new URL(request.url)
        const seen: Seen = {
          method,
          path: url.pathname.replace('/api/v1', ''),
          query: Object.fromEntries(url.searchParams),
          body: isForm ? Object.fromEntries(new URLSearchParams(text)) : text && JSON.parse(text),
        }
        requests.push(seen)
        const reply = typeof answer === 'function' ? answer(seen) : answer
        return reply instanceof Response ? reply.clone() : HttpResponse.json(reply as JsonBodyType)
      }),
    )
  }
  return requests
}

export function problem(status: number, message: string, fields: Record<string, string> = {}) {
  const error = { id: 'e', code: `HTTP_${status}`, message, details: { fields }, timestamp: '' }
  return HttpResponse.json({ error }, { status })
}

export function aUser(changes: Partial<UserRead> = {}): UserRead {
  const account: UserRead & { permissions?: unknown } = sessionUser({
    id: 7,
    username: 'taro',
    email: 'taro@example.com',
    full_name: 'Taro Sato',
    ...changes,
  })
  delete account.permissions
  return account
}

export function aPage(data: UserRead[], meta: Partial<UserReadCollection['meta']> = {}) {
  return {
    data,
    meta: { total: data.length, page: 1, pages: 1, limit: 20, next_cursor: null, ...meta },
  }
}

const routes: RouteRecordRaw[] = [
  ...(accounts.publicRoutes ?? []),
  ...Object.values(accounts.pages ?? {}).flat(),
  { path: '/', name: 'start', component: { render: () => h('h1', 'Start') } },
]

export interface OpenOptions {
  /** Who is signed in; nobody without it. */
  user?: Partial<SessionUser>
  language?: 'en' | 'ja'
}

/** The feature's pages at an address. */
export async function openPage(at: string, { user, language }: OpenOptions = {}) {
  const App = defineComponent(() => {
    const session = useSessionStore()
    session.user = user ? sessionUser(user) : null
    session.status = user ? 'signed-in' : 'signed-out'
    return () => h(RouterView)
  })
  const { wrapper, router, pinia } = await mountWithApp(App, { routes, at, language })
  const byTestId = (testId: string) => wrapper.get(`[data-testid="${testId}"]`)

  return {
    wrapper,
    router,
    session: useSessionStore(pinia),
    errors: useErrorStore(pinia),
    notices: useNoticeStore(pinia),
    byTestId,
    has: (testId: string) => wrapper.find(`[data-testid="${testId}"]`).exists(),
    fill: async (values: Record<string, string>) => {
      for (const [testId, value] of Object.entries(values)) await byTestId(testId).setValue(value)
    },
    /** The button with this text. */
    button: (text: string) => wrapper.findAll('button').find((button) => button.text() === text)!,
    submit: () => wrapper.get('form:not([role="search"])').trigger('submit'),
    /** The error that stands at a field. */
    errorAt: (testId: string) => {
      const error = wrapper.find(`#${byTestId(testId).attributes('id')}-error`)
      return error.exists() ? error.text() : null
    },
    /** What an alert region says. */
    alert: () =>
      wrapper
        .findAll('[role="alert"]')
        .map((region) => region.text())
        .join('\n'),
  }
}

/** Until what `check` expects has come true. */
export function eventually<Result>(check: () => Result): Promise<Result> {
  return vi.waitFor(check, { timeout: 4000, interval: 5 })
}
