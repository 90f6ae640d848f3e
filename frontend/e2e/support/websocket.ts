import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'

/** A WebSocket (RFC 6455) of text frames, for tests that speak without a page: Node 20 has none. */
export interface TextSocket {
  send(text: string): void
  close(): void
}

interface Listener {
  onText(text: string): void
  onEnd(): void
}

const TEXT = 0x1
const FINAL = 0x80
const MASKED = 0x80
/** Clients have to mask what they send; by zeros it stays as it is. */
const NO_MASK = Buffer.alloc(4)
const LENGTH_IN_2_BYTES = 126
const LENGTH_IN_8_BYTES = 127

function encode(text: string): Buffer {
  const payload = Buffer.from(text)
  const { length } = payload
  const isShort = length < LENGTH_IN_2_BYTES
  const head = Buffer.alloc(isShort ? 2 : 4)
  head[0] = FINAL | TEXT
  head[1] = MASKED | (isShort ? length : LENGTH_IN_2_BYTES)
  if (!isShort) head.writeUInt16BE(length, 2)
  return Buffer.concat([head, NO_MASK, payload])
}

interface Frame {
  opcode: number
  payload: Buffer
  /** What comes after it. */
  rest: Buffer
}

/** The first frame of what has come, null while it isn't complete. The server masks nothing. */
function decode(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null
  const kind = bytes[1]!
  const start = kind === LENGTH_IN_2_BYTES ? 4 : kind === LENGTH_IN_8_BYTES ? 10 : 2
  if (bytes.length < start) return null
  const lengths: Record<number, () => number> = {
    2: () => kind,
    4: () => bytes.readUInt16BE(2),
    10: () => Number(bytes.readBigUInt64BE(2)),
  }
  const end = start + lengths[start]!()
  if (bytes.length < end) return null
  return {
    opcode: bytes[0]! & 0xf,
    payload: bytes.subarray(start, end),
    rest: bytes.subarray(end),
  }
}

/** Connects to an address of `http:`. */
export async function openTextSocket(url: URL, listener: Listener): Promise<TextSocket> {
  const upgrade = request(url, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    },
  })
  upgrade.end()
  const [, stream, head] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Duplex, Buffer]
  let waiting: Buffer = Buffer.alloc(0)

  function take(bytes: Buffer): void {
    waiting = Buffer.concat([waiting, bytes])
    for (let frame = decode(waiting); frame; frame = decode(waiting)) {
      waiting = frame.rest
      if (frame.opcode === TEXT) listener.onText(frame.payload.toString())
    }
  }

  stream.on('data', take)
  stream.on('error', () => stream.destroy())
  stream.on('close', () => listener.onEnd())
  take(head)
  return {
    send: (text) => void stream.write(encode(text)),
    close: () => void stream.end(),
  }
}
