import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { useSessionStore } from '@/shared/stores/session'
import { eventually } from '@/testing/api'
import { aNotification, openInbox, READ, serveInbox, settled } from '../testing'

const many = (count: number) => Array.from({ length: count }, (_, at) => aNotification(count - at))

describe('the bell', () => {
  it('counts what is unread, and says it', async () => {
    serveInbox([aNotification(3), aNotification(2), aNotification(1, READ)])
    const { bell, label } = await openInbox('/')
    await eventually(() => expect(label()).toBe('Notifications, 2 unread'))
    expect(bell().get('.badge [aria-hidden]').text()).toBe('2')
    expect(bell().attributes('href')).toBe('/notifications')
  })

  it('says it in Japanese', async () => {
    serveInbox([aNotification(1)])
    const { label } = await openInbox('/', 'ja')
    await eventually(() => expect(label()).toBe('お知らせ、未読 1 件'))
  })

  it('shows at most 99, but says how many there are', async () => {
    serveInbox(many(120))
    const { bell, label } = await openInbox('/')
    await eventually(() => expect(label()).toBe('Notifications, 120 unread'))
    expect(bell().get('.badge [aria-hidden]').text()).toBe('99+')
  })

  it('shows no number when there is nothing unread', async () => {
    serveInbox([aNotification(1, READ)])
    const { bell, label } = await openInbox('/')
    await settled()
    expect(label()).toBe('Notifications')
    expect(bell().find('.badge').exists()).toBe(false)
  })

  it('follows what is heard of new ones, and of read ones from another device', async () => {
    serveInbox([])
    const { label, tell, socket } = await openInbox('/')
    tell(aNotification(1), 1)
    await eventually(() => expect(label()).toBe('Notifications, 1 unread'))
    socket.deliver({ type: 'notifications_read', unread: 0 })
    await eventually(() => expect(label()).toBe('Notifications'))
  })

  it('does not let an answer that was on its way undo what was heard since', async () => {
    const { requests, hold, answer } = serveInbox([])
    hold()
    const { wrapper, label, tell } = await openInbox('/notifications')
    await eventually(() => expect(requests.length).toBeGreaterThan(1))
    tell(aNotification(1), 1)
    answer()
    await eventually(() => expect(wrapper.text()).toContain('No notifications yet'))
    expect(label()).toBe('Notifications, 1 unread')
  })

  it('asks again when a connection stands, and when the server has lost track', async () => {
    const rows = [aNotification(1)]
    serveInbox(rows)
    const { label, socket } = await openInbox('/')
    await eventually(() => expect(label()).toBe('Notifications, 1 unread'))
    rows.unshift(aNotification(2))
    socket.deliver({ type: 'resync', room: 'general', reason: 'behind' })
    socket.deliver({ type: 'resync', room: null, reason: 'behind' })
    await eventually(() => expect(label()).toBe('Notifications, 2 unread'))
    rows.unshift(aNotification(3))
    socket.accept()
    await eventually(() => expect(label()).toBe('Notifications, 3 unread'))
  })

  it('asks nothing more once its owner has signed out', async () => {
    const { requests } = serveInbox([aNotification(1)])
    const { label, socket } = await openInbox('/')
    await eventually(() => expect(label()).toBe('Notifications, 1 unread'))
    const session = useSessionStore()
    session.user = null
    session.status = 'signed-out'
    const before = requests.length
    socket.deliver({ type: 'resync', room: null, reason: 'behind' })
    await settled()
    expect(requests).toHaveLength(before)
  })
})

describe('what is new', () => {
  it('is said in a notice that leads to it, and is read by that', async () => {
    const rows = [aNotification(4)]
    const { changes } = serveInbox(rows)
    const { notices, tell } = await openInbox('/items')
    tell(aNotification(4), 1)
    const [notice] = notices.notices
    expect(notice).toMatchObject({
      message: 'Taro Sato mentioned you in #general',
      link: { to: { path: '/rooms/general', query: { at: '4' } } },
    })
    notice!.link!.onFollow!()
    await eventually(() => expect(changes()).toMatchObject([{ path: '/notifications/4/read' }]))
  })

  it('is said in Japanese, too', async () => {
    serveInbox([])
    const { notices, tell } = await openInbox('/', 'ja')
    tell(
      aNotification(1, {
        actor: { id: 3, username: '花子', full_name: null, profile_image: null },
      }),
      1,
    )
    expect(notices.notices[0]?.message).toBe('花子さんが #general であなたをメンションしました')
  })

  it('takes the place of what was new before', async () => {
    serveInbox([])
    const { notices, tell } = await openInbox('/')
    notices.notify('Saved')
    tell(aNotification(1, { actor: null }), 1)
    tell(aNotification(2), 2)
    expect(notices.notices.map(({ message }) => message)).toEqual([
      'Saved',
      'Taro Sato mentioned you in #general',
    ])
  })

  it('is not said of a room that one is looking at, but of any other and of one that is hidden', async () => {
    serveInbox([])
    const { notices, tell } = await openInbox('/rooms/general?at=3')
    tell(aNotification(1), 1)
    expect(notices.notices).toEqual([])
    tell(aNotification(2, { data: { room: 'gen', seq: 2 } }), 2)
    expect(notices.notices.map(({ message }) => message)).toEqual([
      'Taro Sato mentioned you in #gen',
    ])
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    tell(aNotification(3), 3)
    expect(notices.notices.map(({ message }) => message)).toEqual([
      'Taro Sato mentioned you in #general',
    ])
  })

  it('of a kind that is not known leads to the list, and stays unread', async () => {
    const { changes } = serveInbox([])
    const { notices, tell, wrapper } = await openInbox('/')
    tell(aNotification(1, { kind: 'later-kind' }), 1)
    const [notice] = notices.notices
    expect(notice).toMatchObject({
      message: 'There is something new for you',
      link: { to: { name: 'notifications' } },
    })
    notice!.link!.onFollow!()
    await flushPromises()
    expect(changes()).toEqual([])
    wrapper.unmount()
    expect(notices.notices).toEqual([])
  })
})
