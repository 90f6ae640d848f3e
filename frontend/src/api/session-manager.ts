import { toAppError } from './app-error'
import type {
  FirstSuperuser,
  MfaAnswer,
  MfaChallenge,
  PasskeyLogin,
  Register,
  TokenReply,
} from './generated/types.gen'
import type { Credentials, SessionApi, SessionUser } from './session-api'
import { readSessionHint, readSignOutDue, writeSessionHint, writeSignOutDue } from './session-hint'
import type { TokenHolder } from './session-token'
import type { TabChannel } from './tab-channel'
import type { TabLock } from './tab-lock'

export type SessionEvent =
  | { type: 'signed-in'; user: SessionUser }
  /** `chosen`: someone pressed sign-out, here or in another tab; `ended`: the server ended it. */
  | { type: 'signed-out'; reason: 'chosen' | 'ended' }

export interface SessionManager {
  /** Signs in; or resolves to a challenge, where the account asks for a second factor as well. */
  login(credentials: Credentials): Promise<MfaChallenge | null>
  /** Signs in with the second factor that a challenge asked for. */
  answerChallenge(answer: MfaAnswer): Promise<void>
  loginWithPasskey(answer: PasskeyLogin): Promise<void>
  register(form: Register): Promise<void>
  setup(form: FirstSuperuser): Promise<void>
  /** Takes up the session that a redirect of the server has just left in the cookie. */
  arrive(): Promise<boolean>
  /**
   * Signs out in every tab. Where the server can't be reached it resolves to `due`: it is told later,
   * by `finishSignOut`.
   */
  logout(): Promise<'done' | 'due'>
  /** Tells the server of a sign-out that it couldn't be told of; does nothing when there is none. */
  finishSignOut(): Promise<void>
  /**
   * Replaces the token that a request was refused with. However many requests and tabs ask at once,
   * the server is asked once. Rejects with an `AppError`; one that refuses the session ends it.
   */
  refresh(refused: string | null): Promise<string>
  /** Brings back the session of an earlier page load; false when there is none. */
  restore(): Promise<boolean>
  /**
   * Calls the listener whenever someone gets signed in or out, in this tab or another one; returns
   * how to stop that.
   */
  subscribe(listener: (event: SessionEvent) => void): () => void
}

export interface SessionManagerParts {
  api: SessionApi
  token: TokenHolder
  lock: TabLock
  channel: TabChannel
  /** How long a tab that waited for the lock hopes for the winner's token, in milliseconds. */
  patience?: number
}

/** Replies to a refresh that say nothing about the session: worth another attempt later. */
const PASSING_STATUSES: readonly number[] = [408, 425, 429]

/** Whether a reply says that there is no such session (any more). */
function refusesSession(status: number): boolean {
  return status >= 400 && status < 500 && !PASSING_STATUSES.includes(status)
}

export function createSessionManager(parts: SessionManagerParts): SessionManager {
  const { api, token, lock, channel, patience = 200 } = parts
  const listeners = new Set<(event: SessionEvent) => void>()
  let running: Promise<string> | null = null
  let latest: TokenReply | null = null
  let changedAt = 0
  /** Counts sign-ins and sign-outs, so that a reply asked for before one of them changes nothing. */
  let generation = 0

  /** Now, but always later than the last change: two may fall into one millisecond. */
  function now(): number {
    return Math.max(Date.now(), changedAt + 1)
  }

  function emit(event: SessionEvent) {
    for (const listener of listeners) listener(event)
  }

  function adopt(reply: TokenReply, at: number) {
    latest = reply
    changedAt = at
    token.set(reply.access_token)
    writeSessionHint(true)
    emit({ type: 'signed-in', user: reply.user })
  }

  /** Takes in a reply of the server to this tab, and passes it to the others. */
  function adoptAndShare(reply: TokenReply) {
    const at = now()
    adopt(reply, at)
    channel.post({ type: 'signed-in', reply, at })
  }

  function drop(reason: 'chosen' | 'ended', at: number) {
    generation += 1
    latest = null
    changedAt = at
    token.set(null)
    writeSessionHint(false)
    emit({ type: 'signed-out', reason })
  }

  /** Ends the session in this tab and in the others. */
  function dropEverywhere(reason: 'chosen' | 'ended') {
    const at = now()
    drop(reason, at)
    channel.post({ type: 'signed-out', reason, at })
  }

  channel.listen((message) => {
    if (message.type === 'token-wanted') {
      if (latest) channel.post({ type: 'signed-in', reply: latest, at: changedAt })
    } else if (message.at > changedAt) {
      if (message.type === 'signed-in') adopt(message.reply, message.at)
      else drop(message.reason, message.at)
    }
  })

  /** Takes in a new session, whose cookie has replaced the one before. */
  function begin(reply: TokenReply) {
    generation += 1
    writeSignOutDue(false)
    adoptAndShare(reply)
  }

  async function start(request: () => Promise<TokenReply>): Promise<void> {
    await finishSignOut()
    begin(await request())
  }

  async function login(credentials: Credentials): Promise<MfaChallenge | null> {
    await finishSignOut()
    const reply = await api.login(credentials)
    if ('mfa_token' in reply) return reply
    begin(reply)
    return null
  }

  /** Ends the session at the server; false when that is worth another attempt later. */
  async function endAtServer(): Promise<boolean> {
    try {
      await api.logout()
      return true
    } catch (thrown) {
      return refusesSession(toAppError(thrown).status)
    }
  }

  async function logout(): Promise<'done' | 'due'> {
    const asked = generation
    const ended = await endAtServer()
    if (asked === generation) {
      writeSignOutDue(!ended)
      dropEverywhere('chosen')
    }
    return ended ? 'done' : 'due'
  }

  async function finishSignOut(): Promise<void> {
    if (readSignOutDue() && token.get() === null && (await endAtServer())) writeSignOutDue(false)
  }

  async function restore(): Promise<boolean> {
    if (token.get() !== null) return true
    if (!readSessionHint()) return false
    try {
      await refresh(null)
      return true
    } catch (thrown) {
      if (refusesSession(toAppError(thrown).status)) return false
      throw thrown
    }
  }

  /** The token that another tab got meanwhile; its message may arrive a moment after the lock is free. */
  function tokenOfOtherTab(refused: string | null): Promise<string | null> {
    return new Promise((resolve) => {
      const finish = (found: string | null) => {
        clearTimeout(timer)
        stop()
        resolve(found)
      }
      const stop = channel.listen((message) => {
        if (message.type === 'signed-out') finish(null)
        if (message.type === 'signed-in' && message.reply.access_token !== refused) {
          finish(message.reply.access_token)
        }
      })
      const timer = setTimeout(() => finish(null), patience)
      channel.post({ type: 'token-wanted' })
    })
  }

  async function renew(refused: string | null): Promise<string> {
    const asked = generation
    return lock(async (contended) => {
      const current = token.get()
      if (current !== null && current !== refused) return current
      const passed = contended ? await tokenOfOtherTab(refused) : null
      if (passed !== null) return passed
      try {
        const reply = await api.refresh()
        if (asked === generation) adoptAndShare(reply)
        return reply.access_token
      } catch (thrown) {
        const error = toAppError(thrown)
        if (refusesSession(error.status) && asked === generation) dropEverywhere('ended')
        throw error
      }
    })
  }

  function refresh(refused: string | null): Promise<string> {
    running ??= renew(refused).finally(() => {
      running = null
    })
    return running
  }

  return {
    refresh,
    restore,
    login,
    logout,
    finishSignOut,
    answerChallenge: (answer) => start(() => api.answerChallenge(answer)),
    loginWithPasskey: (answer) => start(() => api.loginWithPasskey(answer)),
    register: (form) => start(() => api.register(form)),
    setup: (form) => start(() => api.setup(form)),
    arrive() {
      writeSignOutDue(false)
      writeSessionHint(true)
      return restore()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
