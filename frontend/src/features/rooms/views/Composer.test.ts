import { describe, expect, it } from 'vitest'
import { eventually } from '@/testing/api'
import { HANAKO, aMessage, aRoom, openRoom } from '../testing'

type Page = Awaited<ReturnType<typeof openRoom>>

const field = ({ byTestId }: Page) => byTestId('message-text')
const value = (page: Page) => (field(page).element as HTMLTextAreaElement).value
const sent = ({ socket }: Page) => socket.sentOf('message').map(({ content }) => content)
const press = (page: Page, key: string, more = {}) =>
  field(page).trigger('keydown', { key, ...more })

async function write(page: Page, text: string) {
  await field(page).setValue(text)
}

describe('Enter', () => {
  it('sends what was written, without the space around it', async () => {
    const page = await openRoom()
    await write(page, '  Hello\n')
    await press(page, 'Enter')
    expect(sent(page)).toEqual(['Hello'])
    expect(value(page)).toBe('')
  })

  it('begins a new line with Shift, and sends nothing that is blank', async () => {
    const page = await openRoom()
    await write(page, 'Hello')
    await press(page, 'Enter', { shiftKey: true })
    await write(page, ' \n ')
    await press(page, 'Enter')
    expect(sent(page)).toEqual([])
  })

  it('belongs to the input method while it composes', async () => {
    const page = await openRoom()
    await field(page).trigger('compositionstart')
    await write(page, 'にほんご')
    await press(page, 'Enter', { isComposing: true })
    await press(page, 'Enter', { keyCode: 229 })
    // Some browsers tell by neither.
    await press(page, 'Enter')
    expect(sent(page)).toEqual([])
  })

  it('that ends a composition is not ours, though Safari ends that first; the next one is', async () => {
    const page = await openRoom()
    await field(page).trigger('compositionstart')
    await write(page, '日本語')
    void field(page).trigger('compositionend')
    await press(page, 'Enter')
    expect(sent(page)).toEqual([])
    await field(page).trigger('keyup', { key: 'Enter' })
    await press(page, 'Enter')
    expect(sent(page)).toEqual(['日本語'])
  })
})

describe('a message', () => {
  it('is there at once, and once, whatever comes first', async () => {
    const page = await openRoom({ room: aRoom({ seq: 1, read_seq: 1 }), messages: [aMessage(1)] })
    await write(page, 'Hello')
    await press(page, 'Enter')
    expect(page.texts()[1]).toContain('Sending…')
    const { cid } = page.socket.sentOf('message')[0]!
    const message = {
      type: 'message' as const,
      ...aMessage(2, { cid, content: 'Hello', user: HANAKO }),
    }
    page.socket.deliver(message)
    await eventually(() => expect(page.texts()[1]).not.toContain('Sending…'))
    page.socket.deliver({ type: 'ack', cid, room: 'general', seq: 2, id: 102, duplicate: false })
    await eventually(() => expect(page.texts()).toHaveLength(2))
    expect(page.has('message-102')).toBe(true)
  })

  it('that was refused can be sent again as the same one, or given up', async () => {
    const page = await openRoom()
    await write(page, 'Hello')
    await press(page, 'Enter')
    const { cid } = page.socket.sentOf('message')[0]!
    const refuse = () =>
      page.socket.deliver({ type: 'error', code: 'X', message: 'Not now', cid, details: {} })
    refuse()
    await eventually(() => expect(page.texts()[0]).toContain('Not sent. Not now'))
    await page.button('Try again').trigger('click')
    expect(page.socket.sentOf('message').map((frame) => frame.cid)).toEqual([cid, cid])
    refuse()
    await eventually(() => expect(page.texts()[0]).toContain('Not sent.'))
    await page.button('Discard').trigger('click')
    expect(page.texts()).toEqual([])
  })

  it('may have 4000 characters, of which emoji are one each; one is told before', async () => {
    const page = await openRoom()
    await write(page, '😀'.repeat(3990))
    expect(page.wrapper.text()).toContain('10 characters left')
    await write(page, '😀'.repeat(4001))
    expect(page.wrapper.text()).toContain('1 character too many')
    await press(page, 'Enter')
    expect(sent(page)).toEqual([])
  })

  it('that is not finished is there when one comes back', async () => {
    const page = await openRoom()
    await write(page, 'Unfinished')
    await page.router.push('/rooms')
    await page.router.push('/rooms/general')
    await eventually(() => expect(value(page)).toBe('Unfinished'))
  })
})

describe('typing', () => {
  it('is told at most every other second', async () => {
    const page = await openRoom()
    await write(page, 'H')
    await write(page, 'He')
    expect(page.socket.sentOf('typing')).toEqual([
      { type: 'typing', room: 'general', is_typing: true },
    ])
  })
})

describe('a mention', () => {
  const options = ({ wrapper }: Page) => wrapper.findAll('[role="option"]')

  async function begin(page: Page) {
    const { element } = field(page)
    await write(page, 'Hi @ta')
    ;(element as HTMLTextAreaElement).setSelectionRange(6, 6)
    await field(page).trigger('click')
    await eventually(() => expect(options(page)).toHaveLength(1))
  }

  it('is chosen from the list by the keyboard', async () => {
    const page = await openRoom()
    await begin(page)
    const active = field(page).attributes('aria-activedescendant')
    expect(options(page)[0]!.attributes()).toMatchObject({ id: active, 'aria-selected': 'true' })
    await press(page, 'Enter')
    expect(value(page)).toBe('Hi @taro ')
    expect(options(page)).toHaveLength(0)
    expect(sent(page)).toEqual([])
  })

  it('is left to the keyboard of the input method, and to Escape', async () => {
    const page = await openRoom()
    await begin(page)
    await press(page, 'Enter', { isComposing: true })
    expect(value(page)).toBe('Hi @ta')
    await press(page, 'Escape')
    expect(options(page)).toHaveLength(0)
    await press(page, 'Enter')
    expect(sent(page)).toEqual(['Hi @ta'])
  })
})
