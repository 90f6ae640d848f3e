import { http, HttpResponse, type JsonBodyType } from 'msw'
import { vi } from 'vitest'
import { server } from './server'

/** A request as the tests look at it; a form's fields are its body as well. */
export interface Seen {
  method: string
  path: string
  query: Record<string, string>
  body: unknown
}

type Answer = JsonBodyType | Response | undefined
type Answering = (seen: Seen) => Answer | Promise<Answer>

/**
 * Answers `GET /audit`, `POST /jobs/7/retry` … of the API by `answers`, each of which is a reply, the
 * body of one, or a function that gives it; returns the requests in the order in which they came.
 */
export function serve(answers: Record<string, Answer | Answering>): Seen[] {
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
        const reply = typeof answer === 'function' ? await (answer as Answering)(seen) : answer
        return reply instanceof Response ? reply.clone() : HttpResponse.json(reply as JsonBodyType)
      }),
    )
  }
  return requests
}

/** A refusal in the API's envelope. */
export function problem(status: number, message: string, fields: Record<string, string> = {}) {
  const error = { id: 'e', code: `HTTP_${status}`, message, details: { fields }, timestamp: '' }
  return HttpResponse.json({ error }, { status })
}

/** The API's envelope of a list that is complete, unless `meta` says otherwise. */
export function collectionOf<Row>(data: Row[], meta: Record<string, unknown> = {}) {
  return {
    success: true,
    message: null,
    timestamp: '2026-01-31T09:30:00Z',
    data,
    meta: {
      total: data.length,
      page: 1,
      limit: 20,
      pages: 1,
      has_next: false,
      has_prev: false,
      next_cursor: null,
      ...meta,
    },
  }
}

/** Until what `check` expects has come true. */
export function eventually<Result>(check: () => Result): Promise<Result> {
  return vi.waitFor(check, { timeout: 4000, interval: 5 })
}
