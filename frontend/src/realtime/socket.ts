import { readonly, type Ref, shallowRef } from 'vue'
import { toAppError } from '@/api'
import type { Admission } from './admission'
import { createBackoff } from './backoff'
import { consequenceOf, isRefusal, NORMAL } from './close-codes'
import type { ClientFrame, ServerFrame } from './frames'
import { type Link, openLink } from './link'
import { createRenewal } from './renewal'

/** `off`: not wanted, or refused for good; `waiting`: until the next attempt. */
type Status = 'off' | 'connecting' | 'open' | 'waiting'

/** A connection that held so long was a success, in milliseconds: what comes after is a new trouble. */
const STEADY_MS = 10_000

export interface SocketParts {
  admission: Admission
  /** Gets each frame; `hello` when the connection can be used. */
  onFrame(frame: ServerFrame): void
  random?: () => number
}

export interface LiveSocket {
  status: Readonly<Ref<Status>>
  /** When the next attempt is due, by `Date.now()`; null when none is. */
  retryAt: Readonly<Ref<number | null>>
  /** Begins, also anew after it was refused for good. */
  connect(): void
  disconnect(): void
  /** Tries now what would be tried later. An open connection is checked. */
  hurry(): void
  /** Checks an open connection. */
  probe(): void
  /** Whether the frame was sent; never while there is no connection. */
  send(frame: ClientFrame): boolean
}

/** The connection that is kept up from `connect` to `disconnect`, over any number of WebSockets. */
export function createSocket({ admission, onFrame, random }: SocketParts): LiveSocket {
  const status = shallowRef<Status>('off')
  const retryAt = shallowRef<number | null>(null)
  const backoff = createBackoff(random)
  let link: Link | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  /** Counts attempts: what an earlier one still gets is of no use. */
  let generation = 0
  let openSince: number | null = null
  /** Whether the token was refused already, so that the next time is the last. */
  let wasRefused = false
  /** Whether the next attempt needs another token than the last one had. */
  let isRenewalDue = false

  const renewal = createRenewal(admission, (ticket) => {
    link?.send({ type: 'auth', token: ticket })
  })

  /** Lets go of everything that is under way. */
  function settle(next: Status): void {
    generation += 1
    clearTimeout(timer)
    renewal.stop()
    link = null
    openSince = null
    retryAt.value = null
    status.value = next
  }

  function wait(ms: number): void {
    settle('waiting')
    retryAt.value = Date.now() + ms
    timer = setTimeout(() => void attempt(), ms)
  }

  async function attempt(): Promise<void> {
    settle('connecting')
    const own = generation
    try {
      if (isRenewalDue) await admission.renew()
      isRenewalDue = false
      const address = await admission.address()
      if (own !== generation) return
      link = openLink(address, { onHello: opened, onFrame: receive, onClosed: closed })
    } catch (thrown) {
      // A session that is over ends in a sign-out, and with it this attempt.
      if (own !== generation) return
      const { retryAfter } = toAppError(thrown)
      wait(Math.max(backoff.next(), (retryAfter ?? 0) * 1000))
    }
  }

  function opened(): void {
    openSince = Date.now()
    status.value = 'open'
  }

  function receive(frame: ServerFrame): void {
    if (frame.type === 'hello' || frame.type === 'authenticated') renewal.start(frame.expires_in)
    if (frame.type === 'reconnect') {
      link?.close(NORMAL)
      wait(frame.after_ms)
    }
    onFrame(frame)
  }

  function closed(code: number): void {
    const wasSteady = openSince !== null && Date.now() - openSince >= STEADY_MS
    if (wasSteady) {
      backoff.reset()
      wasRefused = false
    }
    const consequence = consequenceOf(code)
    if (consequence === 'stop' || (isRefusal(code) && wasRefused)) {
      settle('off')
      return
    }
    isRenewalDue = consequence === 'renew'
    wasRefused ||= isRefusal(code)
    // A token that ran out is no trouble. A refusal may be that of a session that is just being signed out
    // of, here or in another tab: asking to renew it at once would be quicker than the end of that.
    if (isRenewalDue && wasSteady && !isRefusal(code)) void attempt()
    else wait(backoff.next())
  }

  return {
    status: readonly(status),
    retryAt: readonly(retryAt),
    connect() {
      if (status.value !== 'off') return
      backoff.reset()
      wasRefused = isRenewalDue = false
      void attempt()
    },
    disconnect() {
      link?.close(NORMAL)
      settle('off')
    },
    hurry() {
      if (status.value === 'waiting') void attempt()
      else link?.probe()
    },
    probe() {
      link?.probe()
    },
    send(frame) {
      if (status.value !== 'open' || link === null) return false
      link.send(frame)
      return true
    },
  }
}
