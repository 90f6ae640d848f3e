import { session } from '@/api'
import { createTicket } from '@/api/generated/sdk.gen'
import { http, token } from '@/api/instance'

/** How a connection gets what lets it in. Each of these rejects with an `AppError`. */
export interface Admission {
  /** The address to connect to, good for one connection within half a minute. */
  address(): Promise<string>
  /** A ticket by which an open connection lives on. */
  ticket(): Promise<string>
  /** Makes sure that the next ticket isn't of the token that the last one was of. */
  renew(): Promise<void>
}

/** Admission by tickets of the session, so that no address ever holds its token. */
export function createAdmission(): Admission {
  let used: string | null = null

  async function ticket(): Promise<string> {
    const { data } = await createTicket()
    used = token.get()
    return data.ticket
  }

  return {
    ticket,
    async address() {
      const url = new URL('/api/v1/ws', http.defaults.baseURL || location.origin)
      url.protocol = url.protocol.replace('http', 'ws')
      url.searchParams.set('token', await ticket())
      return url.href
    },
    async renew() {
      if (token.get() === used) await session.refresh(used)
    },
  }
}
