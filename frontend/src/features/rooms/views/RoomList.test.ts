import { describe, expect, it } from 'vitest'
import { collectionOf, eventually, problem } from '@/testing/api'
import { openFeature } from '@/testing/pages'
import { rooms } from '../routes'
import { TARO, aMessage, aRoom, serveRooms } from '../testing'

const open = (at = '/rooms') => openFeature(rooms, at)

describe('the list of rooms', () => {
  it('shows those one is in, the liveliest in front, and others to look into', async () => {
    serveRooms([
      aRoom({ name: 'quiet', last_message_at: '2026-01-01T00:00:00Z' }),
      aRoom({ name: 'busy', last_message_at: '2026-01-31T00:00:00Z', unread: 100 }),
      aRoom({ name: 'secret', is_private: true, unread: 1 }),
      aRoom({ name: 'elsewhere', is_member: false }),
    ])
    const { wrapper, byTestId, has } = await open()
    await eventually(() => expect(has('room-elsewhere')).toBe(true))
    const names = wrapper
      .findAll('[data-testid^="room-"]')
      .map((row) => row.attributes('data-testid'))
    expect(names).toEqual(['room-busy', 'room-secret', 'room-quiet', 'room-elsewhere'])
    expect(byTestId('room-busy').text()).toContain('99+')
    expect(byTestId('room-secret').text()).toContain('1 unread message')
    expect(byTestId('room-secret').find('[aria-label="Private"]').exists()).toBe(true)
    expect(byTestId('room-quiet').text()).not.toContain('unread')
  })

  it('says that there are none, and offers another attempt when they could not be loaded', async () => {
    const answers = [problem(500, 'Broken'), collectionOf([])]
    serveRooms([], {
      'GET /rooms': ({ query }) => (query.joined === 'true' ? answers.shift() : collectionOf([])),
    })
    const { wrapper, button } = await open()
    await eventually(() => expect(wrapper.text()).toContain('temporarily unavailable'))
    await button('Try again').trigger('click')
    await eventually(() => expect(wrapper.text()).toContain('There are no rooms yet'))
  })

  it('finds rooms and messages; a message leads to its place', async () => {
    const requests = serveRooms([aRoom(), aRoom({ name: 'lunch', topic: '' })], {
      'GET /messages': collectionOf([aMessage(7, { content: 'Today: ＬＵＮＣＨ at noon' })]),
    })
    const { wrapper, byTestId, has } = await open()
    await eventually(() => expect(has('room-lunch')).toBe(true))
    await byTestId('search-rooms').setValue('lunch')
    await byTestId('search-rooms').element.closest('form')!.requestSubmit()
    await eventually(() => expect(wrapper.find('mark').exists()).toBe(true))
    expect(has('room-general')).toBe(false)
    expect(wrapper.get('mark').text()).toBe('ＬＵＮＣＨ')
    const found = byTestId('found-messages')
    expect(found.get('a').attributes('href')).toBe('/rooms/general?at=7')
    expect(found.text()).toContain('taro')
    expect(requests.find(({ path }) => path === '/messages')?.query.search).toBe('lunch')
  })
})

describe('a new room', () => {
  it('is made with those who are invited, and opened', async () => {
    const requests = serveRooms([aRoom({ name: 'team-1' })], {
      'POST /rooms': ({ body }) => aRoom(body as object),
    })
    const { byTestId, wrapper, router } = await open()
    await byTestId('create-room').trigger('click')
    await byTestId('room-name').setValue('team-1')
    await wrapper.get('[role="switch"]').setValue(true)
    await byTestId('find-person').setValue('ta')
    await eventually(() => expect(wrapper.find('[role="option"]').exists()).toBe(true))
    await wrapper.get('[role="option"]').trigger('click')
    await byTestId('save-room').element.closest('form')!.requestSubmit()
    await eventually(() => expect(router.currentRoute.value.path).toBe('/rooms/team-1'))
    expect(requests.find(({ method }) => method === 'POST')?.body).toEqual({
      name: 'team-1',
      topic: '',
      is_private: true,
      member_ids: [TARO.id],
    })
  })

  it('needs a name that nobody has taken, which is said at the field', async () => {
    serveRooms([], { 'POST /rooms': problem(409, 'Taken', { name: 'There is such a room' }) })
    const { byTestId, wrapper } = await open()
    const submit = () => byTestId('save-room').element.closest('form')!.requestSubmit()
    await byTestId('create-room').trigger('click')
    await byTestId('room-name').setValue('Not Allowed')
    submit()
    await eventually(() => expect(wrapper.text()).toContain('characters that are not allowed'))
    await byTestId('room-name').setValue('allowed')
    submit()
    await eventually(() => expect(wrapper.text()).toContain('There is such a room'))
  })
})

describe('a room that can’t be shown', () => {
  it.each([
    [403, 'This room is private'],
    [404, 'There is no such room'],
  ])('says so for a %i', async (status, text) => {
    serveRooms([], { 'GET /rooms/:room': problem(status, 'No') })
    const { wrapper } = await open('/rooms/somewhere')
    await eventually(() => expect(wrapper.text()).toContain(text))
    expect(wrapper.get('section a.btn').attributes('href')).toBe('/rooms')
  })
})
