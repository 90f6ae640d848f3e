import { describe, expect, it } from 'vitest'
import { eventually } from '@/testing/api'
import { HANAKO, TARO, aMessage, aMessageFrame, aRoom, openRoom } from '../testing'

const about = { room: 'general', user: TARO, timestamp: '2026-01-31T10:00:00Z' }

describe('what is said in a room', () => {
  it('shows who said it and when, and what became of it', async () => {
    const { texts, wrapper } = await openRoom({
      room: aRoom({ seq: 4, read_seq: 4 }),
      messages: [
        aMessage(1, { content: 'See https://example.com' }),
        aMessage(2, { content: '', deleted_at: about.timestamp }),
        aMessage(3, { user: HANAKO, content: 'Hi @taro', edited_at: about.timestamp }),
        aMessage(4, { content: 'Hello @hanako' }),
      ],
    })
    expect(texts()[0]).toContain('taro')
    expect(texts()[1]).toContain('This message was deleted.')
    expect(texts()[2]).toContain('You')
    expect(texts()[2]).toContain('(edited)')
    const link = wrapper.get('a[href="https://example.com"]')
    expect(link.attributes('rel')).toBe('noopener noreferrer nofollow')
    expect(link.attributes('target')).toBe('_blank')
    expect(wrapper.get('mark').text()).toBe('@hanako')
  })

  it('begins with what is unread, and tells that it was read', async () => {
    const { texts, socket, requests } = await openRoom({
      room: aRoom({ seq: 3, read_seq: 1, unread: 2 }),
      messages: [aMessage(1), aMessage(2), aMessage(3)],
    })
    expect(requests.filter(({ path }) => path.endsWith('/messages'))[0]?.query).toMatchObject({
      before: '2',
    })
    expect(texts().map((text) => text.startsWith('New messages'))).toEqual([false, true, false])
    await eventually(() =>
      expect(socket.sentOf('read')).toMatchObject([{ room: 'general', seq: 3 }]),
    )
  })

  it('adds what others say, and says it to screen readers, unlike what was there before', async () => {
    const { texts, socket, wrapper } = await openRoom({
      room: aRoom({ seq: 1, read_seq: 1 }),
      messages: [aMessage(1)],
    })
    const log = wrapper.get('[role="log"]')
    expect(log.text()).toBe('')
    socket.deliver(aMessageFrame(2, { content: 'Fresh' }))
    await eventually(() => expect(texts()).toHaveLength(2))
    expect(texts()[1]).toContain('Fresh')
    expect(log.text()).toBe('taro: Fresh')
  })

  it('changes with edits, deletions and reactions', async () => {
    const { texts, socket, byTestId } = await openRoom({
      room: aRoom({ seq: 1, read_seq: 1 }),
      messages: [aMessage(1)],
    })
    socket.deliver({ type: 'message_edited', id: 101, seq: 2, content: 'Better', ...about })
    await eventually(() => expect(texts()[0]).toContain('Better'))
    socket.deliver({ type: 'reaction', id: 101, seq: 3, emoji: '👍', on: true, ...about })
    await eventually(() =>
      expect(byTestId('message-101').get('[aria-pressed]').attributes('aria-label')).toBe(
        '👍 1, from taro',
      ),
    )
    socket.deliver({ type: 'message_deleted', id: 101, seq: 4, ...about })
    await eventually(() => expect(texts()[0]).toContain('This message was deleted.'))
  })

  it('loads the room again when too much was missed', async () => {
    const messages = [aMessage(1)]
    const { texts, socket } = await openRoom({ room: aRoom({ seq: 1, read_seq: 1 }), messages })
    messages.push(aMessage(2), aMessage(3))
    socket.deliver({ type: 'resync', room: 'general', reason: 'too_many' })
    await eventually(() => expect(texts()).toHaveLength(3))
  })

  it('says who is writing, until they have said it', async () => {
    const { socket, byTestId } = await openRoom({ room: aRoom({ seq: 0 }) })
    socket.deliver({ type: 'typing', is_typing: true, ...about })
    await eventually(() => expect(byTestId('typing').text()).toBe('taro is typing…'))
    socket.deliver({ type: 'typing', is_typing: true, ...about, user: { ...HANAKO, id: 3 } })
    await eventually(() =>
      expect(byTestId('typing').text()).toBe('taro and Hanako Yuki are typing…'),
    )
    socket.deliver(aMessageFrame(1))
    await eventually(() => expect(byTestId('typing').text()).toBe('Hanako Yuki is typing…'))
  })

  it('knows who is here', async () => {
    const { socket, byTestId } = await openRoom()
    const here = () => byTestId('room-people').attributes('aria-label')
    socket.deliver({ type: 'presence', room: 'general', users: [HANAKO], count: 1 })
    await eventually(() => expect(here()).toBe('1 person here'))
    const { room, timestamp } = about
    const taro = { user_id: TARO.id, username: TARO.username, room, timestamp }
    socket.deliver({ type: 'user_connected', ...taro })
    await eventually(() => expect(here()).toBe('2 people here'))
    socket.deliver({ type: 'user_disconnected', ...taro })
    await eventually(() => expect(here()).toBe('1 person here'))
  })
})

describe('a message of one’s own', () => {
  const own = { messages: [aMessage(1, { user: HANAKO })], room: aRoom({ seq: 1, read_seq: 1 }) }

  it('is edited from the empty field, and saved by Enter', async () => {
    const { byTestId, socket, has } = await openRoom(own)
    await byTestId('message-text').trigger('keydown', { key: 'ArrowUp' })
    await byTestId('edit-message').setValue('Better')
    await byTestId('edit-message').trigger('keydown', { key: 'Enter', isComposing: true })
    expect(socket.sentOf('edit')).toHaveLength(0)
    await byTestId('edit-message').trigger('keydown', { key: 'Enter' })
    const [edit] = socket.sentOf('edit')
    expect(edit).toMatchObject({ id: 101, content: 'Better' })
    socket.deliver({ type: 'done', cid: edit!.cid! })
    await eventually(() => expect(has('edit-message')).toBe(false))
  })

  it('is deleted when that was confirmed', async () => {
    const { byTestId, socket, wrapper, texts } = await openRoom(own)
    await byTestId('message-101').trigger('focusin')
    await wrapper.get('button[aria-label="Delete"]').trigger('click')
    const confirm = wrapper
      .findAll('dialog button')
      .find((button) => button.text() === 'Delete' && button.element.closest('dialog')?.open)
    await confirm!.trigger('click')
    const [deletion] = socket.sentOf('delete')
    expect(deletion).toMatchObject({ id: 101 })
    socket.deliver({ type: 'message_deleted', id: 101, seq: 2, ...about, user: HANAKO })
    socket.deliver({ type: 'done', cid: deletion!.cid! })
    await eventually(() => expect(texts()[0]).toContain('This message was deleted.'))
  })

  it('can be answered, at once; a refusal takes it back', async () => {
    const { byTestId, socket, wrapper, errors } = await openRoom(own)
    await byTestId('message-101').trigger('focusin')
    await wrapper.get('button[aria-label="Add a reaction"]').trigger('click')
    await wrapper.get('button[aria-label="Heart"]').trigger('click')
    const label = () => wrapper.find('[aria-label="❤️ 1, from You"]').exists()
    expect(label()).toBe(true)
    const { cid } = socket.sentOf('react')[0]!
    const refusal = { code: 'FORBIDDEN', message: 'Not here', details: {} }
    socket.deliver({ type: 'error', cid: cid!, ...refusal })
    await eventually(() => expect(label()).toBe(false))
    expect(errors.errors).toMatchObject([{ message: 'Not here' }])
  })
})

describe("others' messages", () => {
  const theirs = { messages: [aMessage(1)], room: aRoom({ seq: 1, read_seq: 1 }) }
  const labels = async (page: Awaited<ReturnType<typeof openRoom>>) => {
    await page.byTestId('message-101').trigger('focusin')
    const buttons = page.byTestId('message-101').findAll('button')
    return buttons.map((button) => button.attributes('aria-label'))
  }

  it('can only be answered', async () => {
    expect(await labels(await openRoom(theirs))).toEqual(['Add a reaction'])
  })

  it('can be deleted by a moderator', async () => {
    const page = await openRoom({ ...theirs, user: { permissions: ['rooms:moderate'] } })
    expect(await labels(page)).toEqual(['Add a reaction', 'Delete'])
  })
})

describe('a room one is not in', () => {
  it('is joined by listening to it', async () => {
    const room = aRoom({ is_member: false })
    const { byTestId, socket, has } = await openRoom({ room })
    expect(has('message-text')).toBe(false)
    await byTestId('join-room').trigger('click')
    await eventually(() => expect(socket.sentOf('subscribe')).toHaveLength(1))
    room.is_member = true
    socket.deliver({ type: 'subscribed', room: 'general', epoch: 'e1', seq: 0, recovered: false })
    await eventually(() => expect(has('message-text')).toBe(true))
  })
})
