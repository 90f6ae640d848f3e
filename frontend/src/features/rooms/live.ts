import { useThrottleFn } from '@vueuse/core'
import { effectScope, onScopeDispose, watch, watchEffect } from 'vue'
import type { RoomRead } from '@/api/generated/types.gen'
import { type FrameOf, onFrame, onReady, useRoomSubscription } from '@/realtime'
import { useMenuCountStore } from '@/shared/stores/menu-counts'
import { useSessionStore } from '@/shared/stores/session'
import { byActivity, withFrame } from './lib/roomState'
import { roomKeys, useDropRoom, useJoinedRooms, useOutdate, usePatchRoom } from './queries'

/** A connection hears 32 rooms: one of them is left for a room that is open and not among the liveliest. */
const MAX_HEARD = 31
const RELOAD_MS = 1000

/** Listens to these rooms; one that stays among them is not interrupted. */
function hearRooms(names: () => readonly string[]): void {
  const heard = new Map<string, () => void>()

  function stop(name: string): void {
    heard.get(name)?.()
    heard.delete(name)
  }

  watch(
    names,
    (now) => {
      for (const name of heard.keys()) if (!now.includes(name)) stop(name)
      for (const name of now) {
        if (heard.has(name)) continue
        const scope = effectScope(true)
        scope.run(() => useRoomSubscription(name))
        heard.set(name, () => scope.stop())
      }
    },
    { immediate: true },
  )
  onScopeDispose(() => [...heard.keys()].forEach(stop))
}

/** Keeps the rooms one is in up to date, with what is unread in them, whatever page is open. */
export function start(): void {
  const session = useSessionStore()
  const joined = useJoinedRooms()
  const patch = usePatchRoom()
  const drop = useDropRoom()
  const outdate = useOutdate()
  const { setCount } = useMenuCountStore()

  const rooms = () => joined.data.value ?? []
  const find = (name: string): RoomRead | undefined => rooms().find((room) => room.name === name)
  const reload = useThrottleFn(() => outdate(roomKeys.joined), RELOAD_MS, true)

  hearRooms(() =>
    byActivity(rooms())
      .slice(0, MAX_HEARD)
      .map(({ name }) => name),
  )
  watchEffect(() => {
    setCount(
      'rooms',
      rooms().reduce((sum, { unread }) => sum + unread, 0),
    )
  })

  /** What comes while the rooms are being loaded may be missing in the answer. */
  const meanwhile: FrameOf<'message' | 'read'>[] = []

  function apply(frame: FrameOf<'message' | 'read'>): void {
    const { user } = session
    if (user) patch(frame.room, (room) => withFrame(room, frame, user.id))
  }

  function take(frame: FrameOf<'message' | 'read'>): void {
    if (joined.isLoading.value) meanwhile.push(frame)
    apply(frame)
  }

  watch(joined.isLoading, (isLoading) => {
    if (!isLoading) for (const frame of meanwhile.splice(0)) apply(frame)
  })

  onFrame('message', take)
  onFrame('read', take)
  // Which message it was, read or not, the frame doesn't say.
  onFrame('message_deleted', ({ room }) => {
    if ((find(room)?.unread ?? 0) > 0) void reload()
  })
  onFrame('subscribed', ({ room, seq, recovered }) => {
    const known = find(room)
    if (!known || (!recovered && seq > known.seq)) void reload()
  })
  onFrame('unsubscribed', ({ room, reason }) => {
    if (reason === 'asked') return
    drop(room)
    outdate(roomKeys.room(room))
  })
  onFrame('room_changed', ({ room }) => {
    outdate(roomKeys.joined, roomKeys.others, roomKeys.room(room), roomKeys.members(room))
  })
  onFrame('resync', () => void reload())
  onReady(() => {
    if (!joined.isLoading.value) outdate(roomKeys.all)
  })
}
