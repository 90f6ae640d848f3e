import { defineStore } from 'pinia'
import { ref } from 'vue'
import { toAppError } from '@/api'
import { onFrame, request } from '@/realtime'
import { randomId } from '@/shared/lib/random-id'
import { onSessionEnd } from '@/shared/stores/reset'
import { useSessionStore } from '@/shared/stores/session'
import { acknowledged, type Outgoing, queued, refused, retried, without } from '../lib/outgoing'

/** One's messages that are on their way, in whatever room. Trying again never says them twice. */
export const useOutboxStore = defineStore('roomsOutbox', () => {
  const session = useSessionStore()
  const queue = ref<readonly Outgoing[]>([])

  async function deliver(cid: string): Promise<void> {
    const message = queue.value.find((entry) => entry.cid === cid)
    if (!message) return
    const { room, content } = message
    try {
      const ack = await request({ type: 'message', room, content, cid })
      queue.value = acknowledged(queue.value, ack)
    } catch (error) {
      queue.value = refused(queue.value, cid, toAppError(error))
    }
  }

  function send(room: string, content: string): void {
    const cid = randomId()
    queue.value = queued(queue.value, { cid, room, content })
    void deliver(cid)
  }

  function retry(cid: string): void {
    queue.value = retried(queue.value, cid)
    void deliver(cid)
  }

  function discard(cid: string): void {
    queue.value = without(queue.value, cid)
  }

  /** Forgets what has come back: it stands among the others from now on. */
  function settle(cids: readonly string[]): void {
    for (const cid of cids) queue.value = without(queue.value, cid)
  }

  onFrame('message', ({ cid, user }) => {
    if (user.id === session.user?.id) settle([cid])
  })
  onSessionEnd(() => (queue.value = []))

  return { queue, send, retry, discard, settle }
})
