import { onTestFinished, vi } from 'vitest'
import { http, HttpResponse } from 'msw'
import type { ClientFrame, FrameOf, ServerFrame } from '@/realtime'
import { useRealtimeStore } from '@/realtime'
import { server } from './server'

/** A WebSocket whose other end is the test. */
export class FakeSocket extends EventTarget {
  /** What the page has sent, oldest first. */
  readonly sent: ClientFrame[] = []
  /** The code that the page closed it with; null while it hasn't. */
  closedWith: number | null = null

  constructor(readonly url: string) {
    super()
  }

  send(text: string): void {
    if (this.closedWith === null) this.sent.push(JSON.parse(text) as ClientFrame)
  }

  /** A browser's close event comes only when the other end has answered: see `drop`. */
  close(code = 1005): void {
    this.closedWith ??= code
  }

  /** The server says hello. */
  accept(changes: Partial<FrameOf<'hello'>> = {}): void {
    this.deliver({
      type: 'hello',
      conn_id: 'c1',
      user: { id: 1, username: 'hanako', full_name: null },
      room: null,
      epoch: null,
      seq: null,
      heartbeat_s: 25,
      expires_in: 900,
      ...changes,
    })
  }

  /** The server sends a frame. */
  deliver(frame: ServerFrame): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }

  /** The connection ends; 1006 is what a browser says when the network is gone. */
  drop(code = 1006): void {
    this.dispatchEvent(new CloseEvent('close', { code }))
  }

  /** The frames of one type that were sent. */
  sentOf<Type extends ClientFrame['type']>(type: Type) {
    return this.sent.filter(
      (frame): frame is Extract<ClientFrame, { type: Type }> => frame.type === type,
    )
  }
}

/** Puts fakes in place of all WebSockets of the test; returns them in the order of their opening. */
export function fakeSockets(): FakeSocket[] {
  const opened: FakeSocket[] = []
  class Opened extends FakeSocket {
    constructor(url: string) {
      super(url)
      opened.push(this)
    }
  }
  vi.stubGlobal('WebSocket', Opened)
  return opened
}

/**
 * Connects the live connection of the application that the test has mounted: what the server sends is
 * `deliver`ed by the test, and what the page sends is in `sent`.
 */
export async function openLive(): Promise<FakeSocket> {
  const opened = fakeSockets()
  server.use(
    http.post('*/api/v1/ws/ticket', () => HttpResponse.json({ ticket: 't', expires_in: 30 })),
  )
  const store = useRealtimeStore()
  onTestFinished(store.disconnect)
  store.connect()
  const socket = await vi.waitFor(() => {
    if (!opened[0]) throw new Error('There is no connection yet')
    return opened[0]
  })
  socket.accept()
  return socket
}
