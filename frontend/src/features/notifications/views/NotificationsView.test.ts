import { describe, expect, it } from 'vitest'
import { collectionOf, eventually, problem, serve } from '@/testing/api'
import { aNotification, openInbox, READ, serveInbox, settled } from '../testing'

const many = (count: number) => Array.from({ length: count }, (_, at) => aNotification(count - at))

describe('the list of notifications', () => {
  it('shows who, where and what, the newest first, and tells unread ones by words', async () => {
    serveInbox([aNotification(2), aNotification(1, READ)])
    const { ids, row } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([2, 1]))
    expect(row(2).get('a').text()).toBe('Taro Sato mentioned you in #general Unread')
    expect(row(2).get('a').attributes('href')).toBe('/rooms/general?at=2')
    expect(row(2).text()).toContain('@hanako message 2')
    expect(row(2).get('time').attributes('datetime')).toBe('2026-01-31T09:30:00Z')
    expect(row(1).get('a').text()).toBe('Taro Sato mentioned you in #general')
  })

  it('names those whose account is gone, and what it does not know, without details', async () => {
    serveInbox([
      aNotification(3, { actor: null }),
      aNotification(2, { kind: 'later-kind' }),
      aNotification(1, { kind: 'later-kind', ...READ }),
    ])
    const { ids, row } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([3, 2, 1]))
    expect(row(3).get('a').text()).toContain('Someone mentioned you in #general')
    expect(row(2).get('button').text()).toBe('There is something new for you Unread')
    expect(row(1).find('a, button').exists()).toBe(false)
    expect(row(1).text()).toContain('There is something new for you')
  })

  it('can be narrowed to what is unread, by the address too', async () => {
    serveInbox([aNotification(3), aNotification(2, READ), aNotification(1)])
    const { ids, router, wrapper } = await openInbox('/notifications?show=unread')
    await eventually(() => expect(ids()).toEqual([3, 1]))
    const [all, unread] = wrapper.findAll('[role="tab"]')
    expect(unread!.text()).toBe('Unread (2)')
    await all!.trigger('click')
    await eventually(() => expect(ids()).toEqual([3, 2, 1]))
    expect(router.currentRoute.value.fullPath).toBe('/notifications')
  })

  it('is turned page by page; a page that never was is the last one', async () => {
    serveInbox(many(25))
    const { ids, router } = await openInbox('/notifications?page=9')
    await eventually(() => expect(ids()).toEqual([5, 4, 3, 2, 1]))
    expect(router.currentRoute.value.query.page).toBe('2')
  })

  it.each([
    ['/notifications', 'No notifications yet'],
    ['/notifications?show=unread', 'You have read everything'],
  ])('says when there is nothing: %s', async (at, text) => {
    serveInbox([])
    const { wrapper } = await openInbox(at)
    await eventually(() => expect(wrapper.text()).toContain(text))
  })

  it('says when it can not be loaded, and tries again', async () => {
    let isBroken = true
    serve({
      'GET /notifications': () =>
        isBroken ? problem(500, 'No') : collectionOf([aNotification(1)]),
    })
    const { ids, button } = await openInbox('/notifications')
    await eventually(() => expect(button('Try again')).toBeDefined())
    isBroken = false
    await button('Try again').trigger('click')
    await eventually(() => expect(ids()).toEqual([1]))
  })
})

describe('reading', () => {
  it('happens by going there', async () => {
    const { changes } = serveInbox([aNotification(2), aNotification(1)])
    const { ids, row, router, label } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([2, 1]))
    await row(2).get('a').trigger('click')
    expect(label()).toBe('Notifications, 1 unread')
    await eventually(() => expect(changes()).toMatchObject([{ path: '/notifications/2/read' }]))
    expect(router.currentRoute.value.fullPath).toBe('/rooms/general?at=2')
  })

  it('happens in another tab of the browser, too', async () => {
    const { changes } = serveInbox([aNotification(1)])
    const { ids, row } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([1]))
    await row(1).get('a').trigger('auxclick', { button: 2 })
    expect(row(1).text()).toContain('Unread')
    await row(1).get('a').trigger('auxclick', { button: 1 })
    await eventually(() => expect(changes()).toHaveLength(1))
  })

  it('happens once', async () => {
    const { changes } = serveInbox([aNotification(2, READ), aNotification(1)])
    const { ids, row } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([2, 1]))
    await row(2).get('a').trigger('click')
    await settled()
    expect(changes()).toEqual([])
  })

  it('of what leads nowhere happens where it stands', async () => {
    const { changes } = serveInbox([aNotification(1, { kind: 'later-kind' })])
    const { ids, row, label, router } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([1]))
    await row(1).get('button').trigger('click')
    await eventually(() => expect(changes()).toHaveLength(1))
    expect(row(1).text()).not.toContain('Unread')
    expect(label()).toBe('Notifications')
    expect(router.currentRoute.value.path).toBe('/notifications')
  })

  it('is taken back when the server refuses it', async () => {
    serveInbox([aNotification(1, { kind: 'later-kind' })])
    serve({ 'POST /notifications/:id/read': problem(503, 'Not now') })
    const { ids, row, label, errors } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([1]))
    await row(1).get('button').trigger('click')
    await eventually(() => expect(errors.globalError?.context).toBe('notifications.read'))
    await eventually(() => expect(label()).toBe('Notifications, 1 unread'))
    expect(row(1).text()).toContain('Unread')
  })

  it('of all leaves what came meanwhile', async () => {
    const rows = [aNotification(2), aNotification(1)]
    const { changes } = serveInbox(rows)
    const { ids, row, button, label, notices } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([2, 1]))
    rows.unshift(aNotification(3))
    await button('Mark all as read').trigger('click')
    await eventually(() => expect(label()).toBe('Notifications, 1 unread'))
    expect(changes()).toMatchObject([{ path: '/notifications/read', body: { up_to: 2 } }])
    expect([row(2).text(), row(1).text()].join()).not.toContain('Unread')
    expect(notices.notices[0]?.message).toBe('All notifications are read.')
  })

  it('of all from a later page means all', async () => {
    const { changes } = serveInbox(many(21))
    const { ids, button, label } = await openInbox('/notifications?page=2')
    await eventually(() => expect(ids()).toEqual([1]))
    await button('Mark all as read').trigger('click')
    await eventually(() => expect(label()).toBe('Notifications'))
    expect(changes()[0]?.body).toEqual({})
    expect(button('Mark all as read').attributes('disabled')).toBeDefined()
  })
})

describe('what is heard while one looks', () => {
  it('comes at the top at once, in its order, and only once', async () => {
    const rows = many(20)
    const { listings } = serveInbox(rows)
    const { ids, tell } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toHaveLength(20))
    await settled()
    const before = listings().length
    tell(aNotification(22), 21)
    tell(aNotification(21), 22)
    tell(aNotification(22), 22)
    await eventually(() => expect(ids().slice(0, 3)).toEqual([22, 21, 20]))
    expect(ids()).toHaveLength(20)
    expect(listings()).toHaveLength(before)
  })

  it('moves the other pages', async () => {
    const rows = many(21)
    serveInbox(rows)
    const { ids, tell } = await openInbox('/notifications?page=2')
    await eventually(() => expect(ids()).toEqual([1]))
    rows.unshift(aNotification(22))
    tell(rows[0]!, 22)
    await eventually(() => expect(ids()).toEqual([2, 1]))
  })

  it('is not lost in a list that is on its way', async () => {
    const rows = [aNotification(1)]
    const { hold, answer, listings } = serveInbox(rows)
    const { ids, tell, socket } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([1]))
    await settled()
    hold()
    const before = listings().length
    socket.deliver({ type: 'resync', room: null, reason: 'behind' })
    await eventually(() => expect(listings().length).toBe(before + 1))
    rows.unshift(aNotification(2))
    tell(rows[0]!, 2)
    answer()
    await settled()
    expect(ids()).toEqual([2, 1])
  })

  it('shows what was read on another device', async () => {
    const rows = [aNotification(2), aNotification(1)]
    serveInbox(rows)
    const { ids, row, socket } = await openInbox('/notifications')
    await eventually(() => expect(ids()).toEqual([2, 1]))
    rows[1] = aNotification(1, READ)
    socket.deliver({ type: 'notifications_read', unread: 1 })
    await eventually(() => expect(row(1).text()).not.toContain('Unread'))
    expect(row(2).text()).toContain('Unread')
  })
})
