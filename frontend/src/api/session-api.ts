import {
  loginWithSecondFactor,
  login,
  loginWithPasskey,
  logout,
  refresh,
  register,
  setUp,
} from './generated/sdk.gen'
import type {
  FirstSuperuser,
  Me,
  MfaAnswer,
  MfaChallenge,
  PasskeyLogin,
  Register,
  TokenReply,
} from './generated/types.gen'

/** The signed-in account with what it may do. */
export type SessionUser = Me

export interface Credentials {
  /** The user name or the e-mail address. */
  username: string
  password: string
}

/** The few calls that a session is made of; each rejects with an `AppError`. */
export interface SessionApi {
  /** A right password signs in, unless the account asks for a second factor as well. */
  login(credentials: Credentials): Promise<TokenReply | MfaChallenge>
  answerChallenge(answer: MfaAnswer): Promise<TokenReply>
  loginWithPasskey(answer: PasskeyLogin): Promise<TokenReply>
  register(form: Register): Promise<TokenReply>
  setup(form: FirstSuperuser): Promise<TokenReply>
  /** Asks for a new access token by the cookie that the browser holds. */
  refresh(): Promise<TokenReply>
  logout(): Promise<void>
}

export const sessionApi: SessionApi = {
  login: async (body) => (await login({ body })).data,
  answerChallenge: async (body) => (await loginWithSecondFactor({ body })).data,
  loginWithPasskey: async (body) => (await loginWithPasskey({ body })).data,
  register: async (body) => (await register({ body })).data,
  setup: async (body) => (await setUp({ body })).data,
  refresh: async () => (await refresh()).data,
  logout: async () => {
    await logout()
  },
}
