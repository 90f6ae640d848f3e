import type { APIRequestContext, BrowserContextOptions } from '@playwright/test'
import type {
  ItemCreate,
  ItemRead,
  ItemReadCollection,
  TokenReply,
  UserUpdate,
} from '../../src/api/generated/types.gen'
import type { Server } from './server'

type StorageState = Exclude<BrowserContextOptions['storageState'], string | undefined>

export const PASSWORD = 'Kumiko-zaiku-52'

/** Follows the rule for passwords too, for who changes theirs. */
export const OTHER_PASSWORD = 'Shibori-dye-71'

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
}

export function peopleOf(server: Server, api: APIRequestContext): People {
  async function call<Reply>(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    options: Parameters<APIRequestContext['fetch']>[1] = {},
  ): Promise<Reply> {
    const reply = await api.fetch(`${server.origin}/api/v1${path}`, { method, ...options })
    if (!reply.ok()) throw new Error(`${method} ${path}: ${reply.status()} ${await reply.text()}`)
    return (await reply.json()) as Reply
  }

  function person({ user, access_token }: TokenReply): Person {
    const headers = { authorization: `Bearer ${access_token}` }
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
    }
  }

  const account = (username: string) => ({
    username,
    email: `${username}@example.org`,
    password: PASSWORD,
  })

  return {
    reset: () => call('POST', '/test/setup'),
    register: async (username) =>
      person(await call('POST', '/auth/register', { data: account(username) })),
    async setUp(username) {
      const token = new URLSearchParams(new URL(server.setupLink).hash.slice(1)).get('token')
      return person(await call('POST', '/setup', { data: { ...account(username), token } }))
    },
    async signedIn({ username, password }) {
      await call('POST', '/auth/login', {
        headers: { 'x-session-transport': 'cookie' },
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
