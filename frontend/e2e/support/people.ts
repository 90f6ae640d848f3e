import { randomUUID } from 'node:crypto'
import type { APIRequestContext, BrowserContextOptions } from '@playwright/test'
import type { FrameOf } from '../../src/realtime/frames'
import type {
  FileRead,
  MailDetail,
  MailReadCollection,
  ItemCreate,
  ItemRead,
  ItemReadCollection,
  NotificationReadCollection,
  ProfileUpdate,
  RoomCreate,
  RoomRead,
  RoomUpdate,
  TokenReply,
  TotpSetup,
  UserUpdate,
} from '../../src/api/generated/types.gen'
import { connect, type Live } from './live'
import type { Server } from './server'
import { authenticatorCode } from './totp'

type StorageState = Exclude<BrowserContextOptions['storageState'], string | undefined>

export const PASSWORD = 'Kumiko-zaiku-52'

/** What a browser calls itself, for a sign-in that is done for it. */
const BROWSER =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

/** Follows the rule for passwords too, for who changes theirs. */
export const OTHER_PASSWORD = 'Shibori-dye-71'

/** A file as Playwright takes it. */
interface FilePayload {
  name: string
  mimeType: string
  buffer: Buffer
}

/** Someone with an account, and what they can do without a browser. */
export interface Person {
  id: number
  username: string
  email: string
  password: string
  createItem(item: ItemCreate): Promise<ItemRead>
  updateItem(id: number, changes: Partial<ItemCreate>): Promise<ItemRead>
  /** Their latest items, newest first. */
  items(): Promise<ItemRead[]>
  /** As an administrator: changes someone's account. */
  updateUser(id: number, changes: UserUpdate): Promise<void>
  /** Uploads a file, and attaches it to an item if there is one. */
  upload(file: FilePayload, details?: { item_id?: number; description?: string }): Promise<FileRead>
  updateProfile(changes: ProfileUpdate): Promise<void>
  createRoom(room: RoomCreate): Promise<RoomRead>
  updateRoom(name: string, changes: RoomUpdate): Promise<RoomRead>
  deleteRoom(name: string): Promise<void>
  addMember(room: string, person: Person): Promise<void>
  removeMember(room: string, person: Person): Promise<void>
  /** Their live connection, without a page; it is open until the test is over. */
  live(): Promise<Live>
  /** Says something in a room, over that. */
  say(room: string, content: string): Promise<FrameOf<'ack'>>
  unreadNotifications(): Promise<number>
  /** Turns on the authenticator app; gives the secret that is in it. */
  enrol(): Promise<string>
  /** As an administrator: what the mails to an address say, the latest first. */
  mailTo(address: string): Promise<string>
}

/** What tests prepare and check over the API, past the pages. */
export interface People {
  /** Empties the server. */
  reset(): Promise<void>
  register(username: string): Promise<Person>
  /** Makes the first superuser by the one-time link. */
  setUp(username: string): Promise<Person>
  /** What the browser of someone who has just signed in holds. */
  signedIn(person: Person): Promise<StorageState>
  /** Ends their connections. */
  leave(): void
}

export function peopleOf(server: Server, api: APIRequestContext): People {
  async function call<Reply>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    options: Parameters<APIRequestContext['fetch']>[1] = {},
  ): Promise<Reply> {
    const reply = await api.fetch(`${server.origin}/api/v1${path}`, { method, ...options })
    if (!reply.ok()) throw new Error(`${method} ${path}: ${reply.status()} ${await reply.text()}`)
    return (reply.status() === 204 ? undefined : await reply.json()) as Reply
  }

  const connections: Live[] = []

  async function connected(token: string): Promise<Live> {
    const live = await connect(server.origin, token)
    connections.push(live)
    return live
  }

  function person({ user, access_token }: TokenReply): Person {
    const headers = { authorization: `Bearer ${access_token}` }
    let connection: Promise<Live> | undefined
    const live = () => (connection ??= connected(access_token))
    return {
      id: user.id,
      username: user.username,
      email: user.email,
      password: PASSWORD,
      createItem: (data) => call('POST', '/items', { headers, data }),
      updateItem: (id, data) => call('PATCH', `/items/${id}`, { headers, data }),
      items: async () =>
        (await call<ItemReadCollection>('GET', `/items?owner_id=${user.id}`, { headers })).data,
      updateUser: (id, data) => call('PATCH', `/users/${id}`, { headers, data }),
      upload: (file, details = {}) =>
        call('POST', '/upload/files', { headers, multipart: { file, ...details } }),
      updateProfile: (data) => call('PATCH', '/users/me', { headers, data }),
      createRoom: (data) => call('POST', '/rooms', { headers, data }),
      updateRoom: (name, data) => call('PATCH', `/rooms/${name}`, { headers, data }),
      deleteRoom: (name) => call('DELETE', `/rooms/${name}`, { headers }),
      addMember: (room, { id }) =>
        call('POST', `/rooms/${room}/members`, { headers, data: { user_id: id } }),
      removeMember: (room, { id }) => call('DELETE', `/rooms/${room}/members/${id}`, { headers }),
      live,
      say: async (room, content) =>
        (await live()).ask<FrameOf<'ack'>>({ type: 'message', room, content, cid: randomUUID() }),
      unreadNotifications: async () =>
        (await call<NotificationReadCollection>('GET', '/notifications?unread=true', { headers }))
          .meta.total ?? 0,
      async enrol() {
        const { secret } = await call<TotpSetup>('POST', '/auth/totp', { headers })
        const data = { code: authenticatorCode(secret) }
        await call('POST', '/auth/totp/confirm', { headers, data })
        return secret
      },
      async mailTo(address) {
        const params = { search: address }
        const mails = await call<MailReadCollection>('GET', '/mail', { headers, params })
        const texts = mails.data.map(async ({ id }) => {
          const { subject, text } = await call<MailDetail>('GET', `/mail/${id}`, { headers })
          return `${subject}\n${text}`
        })
        return (await Promise.all(texts)).join('\n')
      },
    }
  }

  const account = (username: string) => ({
    username,
    email: `${username}@example.org`,
    password: PASSWORD,
  })

  return {
    reset: () => call('POST', '/test/setup'),
    leave: () => connections.forEach(({ close }) => close()),
    register: async (username) =>
      person(await call('POST', '/auth/register', { data: account(username) })),
    async setUp(username) {
      const token = new URLSearchParams(new URL(server.setupLink).hash.slice(1)).get('token')
      return person(await call('POST', '/setup', { data: { ...account(username), token } }))
    },
    async signedIn({ username, password }) {
      await call('POST', '/auth/login', {
        headers: { 'x-session-transport': 'cookie', 'user-agent': BROWSER },
        form: { username, password },
      })
      const { cookies } = await api.storageState()
      return {
        cookies,
        origins: [
          {
            origin: server.origin,
            localStorage: [{ name: 'musubi.was-signed-in', value: '1' }],
          },
        ],
      }
    },
  }
}
