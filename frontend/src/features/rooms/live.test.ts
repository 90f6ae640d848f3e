import { expect, it, onTestFinished } from 'vitest'
import { effectScope } from 'vue'
import { useMenuCountStore } from '@/shared/stores/menu-counts'
import { useSessionStore } from '@/shared/stores/session'
import { eventually } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { sessionUser } from '@/testing/session'
import { openLive } from '@/testing/socket'
import { start } from './live'
import { HANAKO, aMessageFrame, aRoom, serveRooms } from './testing'

/** Someone who is signed in, on a page that has nothing to do with rooms. */
async function keepUp(rooms: ReturnType<typeof aRoom>[]) {
  const requests = serveRooms(rooms)
  const { wrapper } = await mountWithApp({ render: () => null })
  useSessionStore().user = sessionUser(HANAKO as object)
  const scope = effectScope()
  onTestFinished(() => scope.stop())
  wrapper.vm.$.appContext.app.runWithContext(() => scope.run(start))
  const socket = await openLive()
  const heard = () => socket.sentOf('subscribe').map(({ room }) => room)
  const counted = useMenuCountStore()
  const enter = (room: string, seq: number) =>
    socket.deliver({ type: 'subscribed', room, epoch: 'e1', seq, recovered: false })
  const lists = () => requests.filter(({ path }) => path === '/rooms')
  return { socket, scope, heard, enter, lists, unread: () => counted.counts.rooms }
}

it('hears the 31 liveliest rooms, and leaves them with the session', async () => {
  const rooms = Array.from({ length: 40 }, (_, index) =>
    aRoom({
      name: `room-${index}`,
      last_message_at: `2026-01-31T00:${String(index).padStart(2, '0')}:00Z`,
    }),
  )
  const { heard, scope, socket } = await keepUp(rooms)
  await eventually(() => expect(heard()).toHaveLength(31))
  expect(heard().toSorted()[0]).toBe('room-10')
  expect(heard()).not.toContain('room-8')
  scope.stop()
  expect(socket.sentOf('unsubscribe')).toHaveLength(31)
})

it('counts what is new, whatever page is open, and what was read elsewhere', async () => {
  const general = aRoom({ seq: 4, read_seq: 2, unread: 2 })
  const { socket, enter, heard, unread } = await keepUp([
    general,
    aRoom({ name: 'lunch', unread: 3 }),
  ])
  await eventually(() => expect(heard()).toContain('general'))
  expect(unread()).toBe(5)
  enter('general', 4)
  socket.deliver(aMessageFrame(5))
  await eventually(() => expect(unread()).toBe(6))
  socket.deliver(aMessageFrame(6, { user: HANAKO }))
  socket.deliver({ type: 'read', room: 'general', seq: 6, unread: 0 })
  await eventually(() => expect(unread()).toBe(3))
})

it('loads the rooms again when one was made or changed, or was missed', async () => {
  const rooms = [aRoom({ seq: 4 })]
  const { socket, enter, heard, lists } = await keepUp(rooms)
  await eventually(() => expect(heard()).toEqual(['general']))
  const before = lists().length
  rooms.push(aRoom({ name: 'new-one' }))
  socket.deliver({ type: 'room_changed', room: 'new-one' })
  await eventually(() => expect(heard()).toEqual(['general', 'new-one']))
  expect(lists().length).toBeGreaterThan(before)
  const then = lists().length
  enter('general', 9)
  await eventually(() => expect(lists().length).toBeGreaterThan(then))
})

it('forgets a room that one was shown out of', async () => {
  const rooms = [aRoom({ unread: 2 }), aRoom({ name: 'lunch' })]
  const { socket, heard, enter, unread } = await keepUp(rooms)
  await eventually(() => expect(heard()).toHaveLength(2))
  enter('general', 0)
  rooms.shift()
  socket.deliver({ type: 'unsubscribed', room: 'general', reason: 'removed' })
  await eventually(() => expect(unread()).toBe(0))
})
