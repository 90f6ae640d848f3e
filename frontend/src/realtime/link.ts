import { HEARTBEAT_LOST } from './close-codes'
import type { ClientFrame, FrameOf, ServerFrame } from './frames'
import { createHeartbeat } from './heartbeat'

/** How long the server may take until its hello, in milliseconds. */
const HELLO_MS = 10_000

export interface Link {
  send(frame: ClientFrame): void
  /** Checks at once whether there is still someone at the other end. */
  probe(): void
  /** Ends it without a word to `onClosed`. */
  close(code: number): void
}

export interface LinkEvents {
  /** It is open: the server has said hello. */
  onHello(frame: FrameOf<'hello'>): void
  /** Each frame, those two included that only matter to the connection. */
  onFrame(frame: ServerFrame): void
  /** It is over, once: closed by the server, by the network, or because nothing was heard any more. */
  onClosed(code: number): void
}

/** One WebSocket from its opening to its end. */
export function openLink(address: string, { onHello, onFrame, onClosed }: LinkEvents): Link {
  const socket = new WebSocket(address)
  const listening = new AbortController()
  const { signal } = listening

  /** A dead connection takes its time to close: whatever it still says is not heard. */
  function end(): void {
    listening.abort()
    heartbeat.stop()
    clearTimeout(helloDue)
  }

  function send(frame: ClientFrame): void {
    socket.send(JSON.stringify(frame))
  }

  function lose(): void {
    end()
    socket.close(HEARTBEAT_LOST)
    onClosed(HEARTBEAT_LOST)
  }

  const heartbeat = createHeartbeat(() => send({ type: 'ping' }), lose)
  const helloDue = setTimeout(lose, HELLO_MS)

  socket.addEventListener(
    'message',
    ({ data }: MessageEvent<string>) => {
      heartbeat.heard()
      const frame = JSON.parse(data) as ServerFrame
      if (frame.type === 'hello') {
        clearTimeout(helloDue)
        heartbeat.start(frame.heartbeat_s * 1000)
        onHello(frame)
      }
      onFrame(frame)
    },
    { signal },
  )
  socket.addEventListener(
    'close',
    ({ code }) => {
      end()
      onClosed(code)
    },
    { signal },
  )

  return {
    send,
    probe: heartbeat.probe,
    close(code) {
      end()
      socket.close(code)
    },
  }
}
