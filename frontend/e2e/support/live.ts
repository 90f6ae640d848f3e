import { randomUUID } from 'node:crypto'
import type { ClientFrame, ServerFrame } from '../../src/realtime/frames'
import { openTextSocket } from './websocket'

/** A live connection without a page. */
export interface Live {
  /** Sends a frame that is answered; resolves to the answer, rejects where the server refuses. */
  ask<Answer extends ServerFrame>(frame: ClientFrame): Promise<Answer>
  close(): void
}

interface Asked {
  resolve(answer: ServerFrame): void
  reject(error: Error): void
}

const ANSWERS: readonly ServerFrame['type'][] = ['ack', 'done', 'subscribed', 'error']

/** Connects with an access token. */
export async function connect(origin: string, token: string): Promise<Live> {
  /** The server answers one frame after the other, in their order. */
  const asked: Asked[] = []

  function onText(text: string): void {
    const frame = JSON.parse(text) as ServerFrame
    if (!ANSWERS.includes(frame.type)) return
    const { resolve, reject } = asked.shift()!
    if (frame.type === 'error') reject(new Error(`${frame.code}: ${frame.message}`))
    else resolve(frame)
  }

  function onEnd(): void {
    for (const { reject } of asked.splice(0)) reject(new Error('The connection ended'))
  }

  const url = new URL('/api/v1/ws', origin)
  url.searchParams.set('token', token)
  const socket = await openTextSocket(url, { onText, onEnd })
  return {
    ask: <Answer extends ServerFrame>(frame: ClientFrame) =>
      new Promise<Answer>((resolve, reject) => {
        asked.push({ resolve: (answer) => resolve(answer as Answer), reject })
        socket.send(JSON.stringify({ ...frame, cid: frame.cid ?? randomUUID() }))
      }),
    close: socket.close,
  }
}
