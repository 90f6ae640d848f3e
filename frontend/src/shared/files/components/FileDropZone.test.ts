import { describe, expect, it, vi } from 'vitest'
import { eventually, serve } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { LIMITS } from '../testing'
import FileDropZone from './FileDropZone.vue'

const picture = (name = 'image.png') => new File(['x'], name, { type: 'image/png' })

/** What a browser hands over when files are dropped or pasted. */
function transfer(files: File[], types = ['Files']) {
  return { files, types, items: files.map(() => ({ kind: 'file' })), dropEffect: 'none' }
}

function eventOf(type: string, data: object): Event {
  return Object.assign(new Event(type, { bubbles: true, cancelable: true }), data)
}

async function openZone(props: Record<string, unknown> = {}) {
  serve({ 'GET /upload/limits': LIMITS })
  const onFiles = vi.fn<(files: File[]) => void>()
  const { wrapper } = await mountWithApp(FileDropZone, { props: { onFiles, ...props } })
  const zone = wrapper.get('[data-testid="drop-zone"]').element
  const taken = () => onFiles.mock.calls.map(([files]) => files.map(({ name }) => name))
  return { wrapper, zone, taken }
}

describe('the drop zone', () => {
  it('takes what is dropped on it, and says so', async () => {
    const { wrapper, zone, taken } = await openZone()
    zone.dispatchEvent(eventOf('dragenter', { dataTransfer: transfer([]) }))
    await eventually(() => expect(wrapper.text()).toContain('Drop to upload'))
    const drop = eventOf('drop', { dataTransfer: transfer([picture('a.png'), picture('b.png')]) })
    zone.dispatchEvent(drop)
    expect(drop.defaultPrevented).toBe(true)
    expect(taken()).toEqual([['a.png', 'b.png']])
    await eventually(() => expect(wrapper.get('[role="status"]').text()).toBe('2 files added'))
    expect(wrapper.text()).not.toContain('Drop to upload')
  })

  it('leaves text to others, and keeps the browser from opening what falls beside it', async () => {
    const { zone, taken } = await openZone()
    const text = eventOf('drop', { dataTransfer: transfer([], ['text/plain']) })
    zone.dispatchEvent(text)
    expect(text.defaultPrevented).toBe(false)
    const beside = eventOf('drop', { dataTransfer: transfer([picture()]) })
    document.body.dispatchEvent(beside)
    expect(beside.defaultPrevented).toBe(true)
    expect(taken()).toEqual([])
  })

  it('takes one where there is room for one, and none when it is disabled', async () => {
    const one = await openZone({ multiple: false })
    const dataTransfer = transfer([picture('a.png'), picture('b.png')])
    one.zone.dispatchEvent(eventOf('drop', { dataTransfer }))
    expect(one.taken()).toEqual([['a.png']])
    const none = await openZone({ disabled: true })
    none.zone.dispatchEvent(eventOf('drop', { dataTransfer }))
    expect(none.taken()).toEqual([])
  })

  it('names a picture that is pasted, wherever on the page that may count', async () => {
    const clipboardData = transfer([picture()])
    const { zone, taken } = await openZone({ wholePage: true })
    zone.dispatchEvent(eventOf('paste', { clipboardData }))
    document.body.dispatchEvent(eventOf('paste', { clipboardData }))
    expect(taken()).toEqual([
      [expect.stringMatching(/^Pasted [\d-]{10} [\d.]{8}\.png$/u)],
      [expect.stringMatching(/^Pasted/u)],
    ])
  })

  it('takes what comes from a document for text', async () => {
    const { zone, taken } = await openZone()
    const types = ['text/plain', 'text/html', 'Files']
    zone.dispatchEvent(eventOf('paste', { clipboardData: transfer([picture()], types) }))
    document.body.dispatchEvent(eventOf('paste', { clipboardData: transfer([picture()]) }))
    expect(taken()).toEqual([])
  })

  it('lets the browser offer just what the server takes', async () => {
    const { wrapper } = await openZone()
    await eventually(() => {
      expect(wrapper.get('input').attributes('accept')).toBe('.jpg,.jpeg,.png,.pdf,.zip')
    })
  })
})
