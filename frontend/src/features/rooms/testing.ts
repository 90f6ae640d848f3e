import { expect } from 'vitest'
import type { SessionUser } from '@/api'
import type {
  MessageFile,
  MessageRead,
  Person,
  RoomRead,
  UploadLimits,
} from '@/api/generated/types.gen'
import type { FrameOf } from '@/realtime'
import { collectionOf, eventually, type Seen, serve } from '@/testing/api'
import { openFeature } from '@/testing/pages'
import { openLive } from '@/testing/socket'
import { rooms } from './routes'

// Loaded ahead of the tests: their time limit is not for compiling the pages that the routes name.
import.meta.glob('./views/*.vue', { eager: true })

export const HANAKO: Person = { id: 1, username: 'hanako', full_name: 'Hanako Yuki' }
export const TARO: Person = { id: 2, username: 'taro', full_name: null }

export function aRoom(changes: Partial<RoomRead> = {}): RoomRead {
  return {
    name: 'general',
    topic: 'What everyone should know',
    is_private: false,
    created_at: '2026-01-30T09:30:00Z',
    created_by: 1,
    epoch: 'e1',
    seq: 0,
    message_count: 0,
    last_message_at: null,
    is_member: true,
    read_seq: 0,
    unread: 0,
    ...changes,
  }
}

/** A message of Taro, unless told otherwise; one a minute, by its number. */
export function aMessage(seq: number, changes: Partial<MessageRead> = {}): MessageRead {
  return {
    id: 100 + seq,
    room: 'general',
    seq,
    content: `Message ${seq}`,
    cid: `c${seq}`,
    user: TARO,
    timestamp: new Date(Date.UTC(2026, 0, 31, 9, seq)).toISOString(),
    edited_at: null,
    deleted_at: null,
    files: [],
    reactions: [],
    ...changes,
  }
}

export function aFile(changes: Partial<MessageFile> = {}): MessageFile {
  return {
    stored_name: `${'0'.repeat(31)}1.png`,
    filename: 'tea.png',
    content_type: 'image/png',
    kind: 'image',
    size: 2048,
    width: 640,
    height: 480,
    description: '',
    ...changes,
  }
}

/** The frame in which such a message comes. */
export function aMessageFrame(seq: number, changes: Partial<MessageRead> = {}): FrameOf<'message'> {
  return { type: 'message', ...aMessage(seq, changes) }
}

const LIMITS: UploadLimits = {
  simple: {
    max_bytes: 10_485_760,
    types: [
      { content_type: 'image/png', kind: 'image', extensions: ['.png'] },
      { content_type: 'application/pdf', kind: 'document', extensions: ['.pdf'] },
    ],
  },
  resumable: { max_bytes: 0, types: [] },
  max_files: 10,
  quota_bytes: 1_073_741_824,
  used_bytes: 0,
  files: 0,
}

type Answers = Parameters<typeof serve>[0]

/** Answers what every page of the feature asks for; `answers` come first. */
export function serveRooms(known: RoomRead[], answers: Answers = {}): Seen[] {
  const find = (path: string) => known.find(({ name }) => name === path.split('/')[2])!
  return serve({
    'GET /rooms/:room/messages': collectionOf([]),
    'GET /rooms/:room/members': collectionOf([]),
    'GET /rooms/:room/users': ({ path }) => ({ room: find(path).name, users: [], count: 0 }),
    'GET /rooms/:room': ({ path }) => find(path),
    'GET /rooms': ({ query }) =>
      collectionOf(known.filter((room) => String(room.is_member) === query.joined)),
    'GET /people': collectionOf([{ ...TARO, profile_image: null }]),
    'GET /upload/limits': LIMITS,
    'GET /upload/links': { data: [], expires_at: '2026-01-31T11:00:00Z' },
    ...answers,
  })
}

/** A room that is open for Hanako, with its live connection; `seq` is the last number of its log. */
export async function openRoom({
  room = aRoom(),
  messages = [],
  answers = {},
  user = {},
}: {
  room?: RoomRead
  messages?: MessageRead[]
  answers?: Answers
  user?: Partial<SessionUser>
} = {}) {
  const requests = serveRooms([room], {
    'GET /rooms/:room/messages': ({ query }) =>
      // Around a number there are two questions, of which one is answered.
      collectionOf(query.after === undefined ? messages : [], { limit: 50 }),
    ...answers,
  })
  const page = await openFeature(rooms, `/rooms/${room.name}`, { user: { ...HANAKO, ...user } })
  const socket = await openLive()
  if (room.is_member) {
    await eventually(() => expect(socket.sentOf('subscribe')).toHaveLength(1))
    const { name, epoch, seq } = room
    socket.deliver({ type: 'subscribed', room: name, epoch, seq, recovered: false })
  }
  const shown = () => page.wrapper.findAll('[data-key]')
  await eventually(() => expect(page.wrapper.find('[aria-busy="true"]').exists()).toBe(false))
  await eventually(() => expect(shown()).toHaveLength(messages.length))
  return { ...page, socket, requests, shown, texts: () => shown().map((row) => row.text()) }
}
