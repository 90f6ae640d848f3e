import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { toAppError } from '@/api'
import { onFrame, request } from '@/realtime'
import { useUploadsStore } from '@/shared/files'
import { onSessionEnd } from '@/shared/stores/reset'
import { useSessionStore } from '@/shared/stores/session'
import { asMessageFile } from '../lib/files'
import {
  acknowledged,
  type Outgoing,
  queued,
  refused,
  retried,
  uploaded,
  without,
} from '../lib/outgoing'

/** One's messages that are on their way, in whatever room. Trying again never says them twice. */
export const useOutboxStore = defineStore('roomsOutbox', () => {
  const session = useSessionStore()
  const uploads = useUploadsStore()
  const queue = ref<readonly Outgoing[]>([])

  const find = (cid: string) => queue.value.find((entry) => entry.cid === cid)

  async function deliver(cid: string): Promise<void> {
    const message = find(cid)
    if (!message) return
    const { room, content, files } = message
    const names = files.map(({ stored_name: name }) => name)
    try {
      const ack = await request({
        type: 'message',
        room,
        content,
        ...(names.length > 0 && { files: names }),
        cid,
      })
      queue.value = acknowledged(queue.value, ack)
    } catch (error) {
      queue.value = refused(queue.value, cid, toAppError(error))
    }
  }

  /** Says something, with the files that are uploaded under its `cid`: when all of them have arrived. */
  function send(room: string, content: string, cid: string): void {
    const hasFiles = uploads.of(cid).length > 0
    queue.value = queued(queue.value, { cid, room, content }, hasFiles ? 'uploading' : 'pending')
    if (!hasFiles) void deliver(cid)
  }

  /** Those whose files have all arrived, or were all removed. */
  const ready = computed(() =>
    queue.value
      .filter(({ state }) => state === 'uploading')
      .map(({ cid }) => cid)
      .filter((cid) => uploads.of(cid).every(({ state }) => state === 'done')),
  )

  watch(ready, (cids) => {
    for (const cid of cids) {
      const files = uploads.of(cid).flatMap(({ file }) => (file ? asMessageFile(file) : []))
      uploads.clear(cid)
      queue.value = uploaded(queue.value, cid, files)
      if (files.length > 0 || find(cid)?.content) void deliver(cid)
      else discard(cid)
    }
  })

  function retry(cid: string): void {
    queue.value = retried(queue.value, cid)
    void deliver(cid)
  }

  function discard(cid: string): void {
    for (const { id } of uploads.of(cid)) uploads.remove(id)
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
