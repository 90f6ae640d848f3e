import { useQueryCache } from '@pinia/colada'
import { flushPromises } from '@vue/test-utils'
import { expect } from 'vitest'
import { defineComponent, Fragment, h } from 'vue'
import { RouterView, type RouteRecordRaw } from 'vue-router'
import type { NotificationRead } from '@/api/generated/types.gen'
import { useErrorStore } from '@/shared/stores/errors'
import { useNoticeStore } from '@/shared/stores/notices'
import { useSessionStore } from '@/shared/stores/session'
import { collectionOf, eventually, type Seen, serve } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { sessionUser } from '@/testing/session'
import { openLive } from '@/testing/socket'
import NotificationBell from './components/NotificationBell.vue'
import { start } from './live'
import { notifications } from './routes'

// Loaded ahead of the tests: their time limit is not for compiling the pages that the routes name.
import.meta.glob('./views/*.vue', { eager: true })

/** A mention of hanako by Taro that she hasn't read, unless told otherwise. */
export function aNotification(
  id: number,
  changes: Partial<NotificationRead> = {},
): NotificationRead {
  return {
    id,
    kind: 'mention',
    actor: { id: 2, username: 'taro', full_name: 'Taro Sato', profile_image: null },
    data: { room: 'general', message_id: 100 + id, seq: id, excerpt: `@hanako message ${id}` },
    created_at: '2026-01-31T09:30:00Z',
    read_at: null,
    ...changes,
  }
}

export const READ = { read_at: '2026-01-31T10:00:00Z' }

/** A server with these notifications, which keeps what is marked as read; tests may add to `rows`. */
export function serveInbox(rows: NotificationRead[]) {
  let answer = () => {}
  let due: Promise<void> | undefined
  const unread = () => rows.filter(({ read_at: readAt }) => readAt === null)
  const list = async ({ query }: Seen) => {
    const all = query.unread === 'true' ? unread() : rows
    const { limit, skip = 0 } = query
    const data = all.slice(Number(skip), Number(skip) + Number(limit))
    const pages = Math.ceil(all.length / Number(limit))
    const reply = collectionOf(data, { total: all.length, limit: Number(limit), pages })
    // It is as old as the question by then.
    await due
    return reply
  }
  const read = (isMeant: (row: NotificationRead) => boolean) => {
    rows.forEach((row, at) => {
      if (isMeant(row)) rows[at] = { ...row, ...READ }
    })
    return { unread: unread().length }
  }
  const requests = serve({
    'GET /notifications': list,
    'POST /notifications/read': ({ body }) => {
      const upTo = (body as { up_to?: number }).up_to ?? Infinity
      return read(({ id }) => id <= upTo)
    },
    'POST /notifications/:id/read': ({ path }) => read(({ id }) => path.includes(`/${id}/`)),
  })
  return {
    requests,
    /** Lets lists that are asked for from now on wait for `answer`. */
    hold() {
      due = new Promise<void>((resolve) => (answer = resolve))
    },
    answer: () => answer(),
    /** How often lists were asked for, without the count. */
    listings: () => requests.filter(({ method, query }) => method === 'GET' && query.limit !== '1'),
    changes: () => requests.filter(({ method }) => method === 'POST'),
  }
}

const elsewhere: RouteRecordRaw = { path: '/:rest(.*)*', component: { render: () => null } }

/** The bell above the page of an address, as the application has them, for hanako. */
export async function openInbox(at: string, language: 'en' | 'ja' = 'en') {
  const App = defineComponent(() => {
    const session = useSessionStore()
    session.user = sessionUser({ username: 'hanako' })
    session.status = 'signed-in'
    start()
    return () => h(Fragment, [h(NotificationBell, { to: '/notifications' }), h(RouterView)])
  })
  const routes = [...notifications.pages!.notifications!, elsewhere]
  const { wrapper, router, pinia } = await mountWithApp(App, { routes, at, language })
  const socket = await openLive()
  const bell = () => wrapper.get('[data-testid="notification-bell"]')
  return {
    wrapper,
    router,
    socket,
    errors: useErrorStore(pinia),
    notices: useNoticeStore(pinia),
    bell,
    label: () => bell().get('.sr-only').text(),
    row: (id: number) => wrapper.get(`[data-testid="notification-${id}"]`),
    ids: () =>
      wrapper
        .findAll('li[data-testid^="notification-"]')
        .map((row) => Number(row.attributes('data-testid')!.split('-')[1])),
    button: (text: string) => wrapper.findAll('button').find((one) => one.text() === text)!,
    tell(data: NotificationRead, unread: number) {
      socket.deliver({ type: 'notification', data, unread })
    },
  }
}

/** Until nothing is being loaded any more. */
export async function settled() {
  await flushPromises()
  const isLoading = ({ asyncStatus }: { asyncStatus: { value: string } }) =>
    asyncStatus.value === 'loading'
  await eventually(() =>
    expect(useQueryCache().getEntries({ predicate: isLoading })).toHaveLength(0),
  )
  await flushPromises()
}
