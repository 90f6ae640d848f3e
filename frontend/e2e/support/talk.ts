import { randomUUID } from 'node:crypto'
import type { Page } from '@playwright/test'
import type { Person } from './people'

/**
 * Joins a room and says something there as someone else, over a connection of their own. Any page of the server will
 * do, since what it takes is a browser; ready when the server has the message.
 */
export async function say(page: Page, speaker: Person, room: string, content: string) {
  const message = { type: 'message', cid: randomUUID(), room, content }
  await page.evaluate(
    ({ token, said }) =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(`/api/v1/ws/${said.room}?token=${token}`)
        socket.addEventListener('open', () => socket.send(JSON.stringify(said)))
        socket.addEventListener('close', ({ code }) => reject(new Error(`closed: ${code}`)))
        socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
          const answer = JSON.parse(data) as { type: string; cid?: string; message?: string }
          if (answer.cid !== said.cid) return
          if (answer.type === 'ack') resolve()
          else reject(new Error(answer.message))
          socket.close()
        })
      }),
    { token: await speaker.ticket(), said: message },
  )
}
