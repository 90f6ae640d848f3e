import { useDocumentVisibility, useThrottleFn } from '@vueuse/core'
import { computed, ref, watch } from 'vue'
import type { RoomRead } from '@/api/generated/types.gen'
import { request } from '@/realtime'
import { usePatchRoom } from '../queries'

const SAY_AGAIN_MS = 1000

interface Options {
  room: () => RoomRead
  /** The last message of others that is shown. */
  lastSeq: () => number | null
  /** Whether the end of the room is in view. */
  isAtEnd: () => boolean
}

/**
 * Tells the server what has been read: everything, whenever the end of the room is in view of someone
 * who looks at the page. Returns where the line of unread messages is to stand: after what had been
 * read when the room was opened, or when something came that nobody was looking at.
 */
export function useReading({ room, lastSeq, isAtEnd }: Options) {
  const visibility = useDocumentVisibility()
  const patch = usePatchRoom()
  const isReading = computed(() => visibility.value === 'visible' && isAtEnd())
  const { unread, read_seq: readSeq } = room()
  const unreadAfter = ref<number | null>(unread > 0 ? readSeq : null)
  let seenUpTo: number | null = null

  /** A refusal is nothing to show: it is told again with whatever is read next. */
  const tell = useThrottleFn(
    (seq: number) => {
      request({ type: 'read', room: room().name, seq }).catch(() => undefined)
    },
    SAY_AGAIN_MS,
    true,
  )

  watch(
    [isReading, lastSeq, () => room().read_seq] as const,
    ([reading, seq, read]) => {
      if (seq === null) return
      if (reading) {
        seenUpTo = seq
        if (seq <= read || !room().is_member) return
        patch(room().name, (known) => ({ ...known, read_seq: seq, unread: 0 }))
        void tell(seq)
      } else if (seenUpTo !== null && seq > seenUpTo) {
        unreadAfter.value = seenUpTo
        seenUpTo = null
      }
    },
    { immediate: true },
  )

  return { unreadAfter }
}
