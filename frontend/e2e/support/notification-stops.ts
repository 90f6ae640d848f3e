import { expect, type Page } from '@playwright/test'
import type { NotificationRead } from '../../src/api/generated/types.gen'
import type { Hello, Notified } from '../../src/realtime/generated/frames'
import { complete, fail, hold, type Stop, testId } from './stop'

const LISTS = '**/api/v1/notifications?*'
const MINUTE = 60_000

/** How long ago they came, from whom, where and what, and whether they were read. */
const MENTIONS = [
  [0, '花子', 'general', '@hanako 和紙が届きました。色見本を机に置いておきます。', false],
  [7, 'Taro Sato', 'paper-and-ink', '@hanako which of the two do you like better?', false],
  [
    90,
    'taro',
    'a-room-with-quite-a-long-name_of-which-nobody-knows-why',
    `${'長'.repeat(200)}`,
    true,
  ],
  [3000, 'Somebody With An Uncommonly Long Name And No Wish To Shorten It', 'x', '@hanako', true],
] as const

const ROWS: NotificationRead[] = [
  ...MENTIONS.map(([minutes, name, room, excerpt, isRead], at) => ({
    id: 20 - at,
    kind: 'mention',
    actor: { id: 5, username: 'someone', full_name: name, profile_image: null },
    data: { room, message_id: 1, seq: 7, excerpt },
    created_at: new Date(Date.now() - minutes * MINUTE).toISOString(),
    read_at: isRead ? '2026-01-31T09:30:00Z' : null,
  })),
  ...[null, '2026-01-31T09:30:00Z'].map((readAt, at) => ({
    id: 10 - at,
    kind: 'unheard-of',
    actor: null,
    data: {},
    created_at: '2026-01-30T09:30:00Z',
    read_at: readAt,
  })),
]

const UNREAD = 120

async function withRows(page: Page): Promise<void> {
  await page.route(LISTS, (route) => {
    const isCount = new URL(route.request().url()).searchParams.get('limit') === '1'
    const total = isCount ? UNREAD : 2 * ROWS.length
    const meta = { total, page: 1, limit: ROWS.length, pages: 2, next_cursor: null }
    return route.fulfill({ json: { data: ROWS, meta } })
  })
}

/** A live connection that brings news as soon as there is a bell to ring. */
async function withNews(page: Page): Promise<void> {
  const hello: Hello = {
    type: 'hello',
    conn_id: 'c1',
    user: { id: 1, username: 'hanako', full_name: null },
    room: null,
    epoch: null,
    seq: null,
    heartbeat_s: 25,
    expires_in: 900,
  }
  const news: Notified = { type: 'notification', data: ROWS[1]!, unread: 1 }
  await page.routeWebSocket('**/api/v1/ws?*', async (socket) => {
    socket.send(JSON.stringify(hello))
    await expect(page.getByTestId('notification-bell')).toBeVisible()
    socket.send(JSON.stringify(news))
  })
}

/** What concerns whoever is signed in. The last one keeps its connection. */
export const NOTIFICATION_STOPS: Stop[] = [
  { name: 'notifications-empty', path: '/notifications', ready: complete },
  { name: 'notifications-none-unread', path: '/notifications?show=unread', ready: complete },
  {
    name: 'notifications',
    path: '/notifications',
    fresh: true,
    arrange: withRows,
    ready: testId('notification-20'),
  },
  {
    name: 'notifications-loading',
    path: '/notifications',
    fresh: true,
    arrange: hold(LISTS),
    ready: (page) => expect(page.locator('.skeleton').first()).toBeVisible(),
  },
  {
    name: 'notifications-failed',
    path: '/notifications',
    fresh: true,
    arrange: fail(LISTS),
    ready: testId('error-notification'),
    trouble: ['500 GET /api/v1/notifications'],
  },
  {
    name: 'notifications-news',
    path: '/settings',
    fresh: true,
    arrange: withNews,
    ready: (page) => expect(page.locator('.toast-item').getByRole('link')).toBeVisible(),
  },
]
