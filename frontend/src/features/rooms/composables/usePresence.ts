import { useQueryCache } from '@pinia/colada'
import { computed } from 'vue'
import type { RoomUsers } from '@/api/generated/types.gen'
import { onFrame, onReady } from '@/realtime'
import { roomKeys, useRoomUsers } from '../queries'

/** Who is connected to a room; of many people only how many. */
export function usePresence(room: string) {
  const cache = useQueryCache()
  const here = useRoomUsers(() => room)
  const key = roomKeys.users(room)

  /** An answer that is on its way may not know of it. */
  function change(how: (known: RoomUsers) => RoomUsers): void {
    const known = cache.getQueryData<RoomUsers>(key)
    if (known) cache.setQueryData(key, how(known))
    if (here.isLoading.value) void here.refetch()
  }

  onFrame('presence', ({ room: where, users, count }) => {
    if (where !== room) return
    cache.cancelQueries({ key })
    cache.setQueryData(key, { room, users, count })
  })
  onFrame('user_connected', ({ room: where, user_id: id, username }) => {
    if (where !== room) return
    change((known) => {
      if (known.users.some((user) => user.id === id)) return known
      const users = [...known.users, { id, username, full_name: null }]
      return { ...known, users, count: Math.max(known.count, users.length) }
    })
  })
  onFrame('user_disconnected', ({ room: where, user_id: id }) => {
    if (where !== room) return
    change((known) => {
      const users = known.users.filter((user) => user.id !== id)
      return { ...known, users, count: known.count - (known.users.length - users.length) }
    })
  })
  onReady(() => void here.refetch())

  return {
    users: computed(() => here.data.value?.users ?? []),
    count: computed(() => here.data.value?.count ?? 0),
  }
}
