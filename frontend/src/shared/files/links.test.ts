import { http, HttpResponse } from 'msw'
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { resetSessionState } from '@/shared/stores/reset'
import { useSessionStore } from '@/shared/stores/session'
import { eventually } from '@/testing/api'
import { server } from '@/testing/server'
import { sessionUser } from '@/testing/session'
import { useFileLinks, useLinkRenewal, useMissingFiles } from './links'
import { storedName } from './testing'

const HOUR_MS = 3_600_000

/** The names of each request so far. */
let asked: string[][] = []
let unreadable: string[] = []
let fails = false

beforeEach(() => {
  asked = []
  unreadable = []
  fails = false
  server.use(
    http.get('*/api/v1/upload/links', ({ request }) => {
      const names = new URL(request.url).searchParams.getAll('name')
      asked.push(names)
      if (fails) return HttpResponse.error()
      const data = names
        .filter((name) => !unreadable.includes(name))
        .map((name) => ({
          stored_name: name,
          filename: 'roof.png',
          content_type: 'image/png',
          description: '',
          url: `/api/v1/upload/files/${name}?${asked.length}`,
          thumbnail_url: null,
        }))
      return HttpResponse.json({ data, expires_at: new Date(Date.now() + HOUR_MS).toISOString() })
    }),
  )
})

/** Who shows files by these names, until it is closed. */
function show(names: () => readonly string[]) {
  const scope = effectScope()
  const links = scope.run(() => useFileLinks(names))!
  return { url: (name: string) => links.get(name)?.url, close: () => scope.stop() }
}

beforeEach(() => {
  const pinia = createPinia()
  setActivePinia(pinia)
  onTestFinished(() => disposePinia(pinia))
  const session = useSessionStore()
  session.user = sessionUser()
  session.status = 'signed-in'
})

const [A, B, C] = [storedName(1), storedName(2), storedName(3)]
const signature = (url: string | undefined) => url?.split('?')[1]

/** The clock that links grow old by; the requests have the real one. */
function withClock() {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
}

it('asks once for all names of a moment, and for none that it has', async () => {
  const first = show(() => [A, B])
  show(() => [B, C])
  await eventually(() => expect(first.url(A)).toContain(A))
  expect(asked).toEqual([[A, B, C]])
  const later = show(() => [A, C])
  await nextTick()
  expect(later.url(C)).toContain(C)
  expect(asked).toHaveLength(1)
})

it('asks for no more than a hundred at once', async () => {
  const names = Array.from({ length: 230 }, (_nothing, index) => storedName(index))
  const shown = show(() => names)
  await eventually(() => expect(shown.url(names.at(-1)!)).toBeDefined())
  expect(asked.map(({ length }) => length)).toEqual([100, 100, 30])
})

it('follows the names that are shown', async () => {
  const names = ref<string[]>([A])
  const shown = show(() => names.value)
  await eventually(() => expect(shown.url(A)).toBeDefined())
  names.value = [A, B]
  await eventually(() => expect(shown.url(B)).toBeDefined())
  expect(asked).toEqual([[A], [B]])
})

it('has new links before those that are shown expire, and forgets the others', async () => {
  withClock()
  const kept = show(() => [A])
  const left = show(() => [B])
  await vi.waitFor(() => expect(signature(kept.url(A))).toBe('1'))
  left.close()
  await vi.advanceTimersByTimeAsync(HOUR_MS - 240_000)
  await vi.waitFor(() => expect(signature(kept.url(A))).toBe('2'))
  expect(asked).toEqual([[A, B], [A]])
  expect(kept.url(B)).toBeUndefined()
})

it('asks again when a picture fails whose link may be too old, but not for ever', async () => {
  withClock()
  const shown = show(() => [A])
  const renew = useLinkRenewal()
  await vi.waitFor(() => expect(signature(shown.url(A))).toBe('1'))
  renew(A)
  vi.setSystemTime(Date.now() + 60_000)
  renew(A)
  await vi.waitFor(() => expect(signature(shown.url(A))).toBe('2'))
  renew(A)
  await nextTick()
  expect(asked).toHaveLength(2)
})

it('asks later again after a failure, and for what may not be read yet', async () => {
  withClock()
  fails = true
  unreadable = [B]
  const shown = show(() => [A, B])
  const missing = useMissingFiles()
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  await vi.advanceTimersByTimeAsync(20_000)
  fails = false
  expect(missing.size).toBe(0)
  await vi.advanceTimersByTimeAsync(15_000)
  await vi.waitFor(() => expect(signature(shown.url(A))).toBe('2'))
  expect([...missing]).toEqual([B])
  unreadable = []
  await vi.advanceTimersByTimeAsync(35_000)
  await vi.waitFor(() => expect(shown.url(B)).toBeDefined())
  expect(asked).toEqual([[A, B], [A, B], [B]])
  expect(missing.size).toBe(0)
})

it('keeps nothing for the next person, and asks nobody for a page without a session', async () => {
  const shown = show(() => [A])
  await eventually(() => expect(shown.url(A)).toBeDefined())
  useSessionStore().status = 'signed-out'
  resetSessionState()
  await nextTick()
  expect(shown.url(A)).toBeUndefined()
  expect(asked).toHaveLength(1)
  useSessionStore().status = 'signed-in'
  resetSessionState()
  await eventually(() => expect(signature(shown.url(A))).toBe('2'))
})
