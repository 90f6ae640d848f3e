import { http, HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import type { MessageFile } from '@/api/generated/types.gen'
import { eventually } from '@/testing/api'
import { server } from '@/testing/server'
import { HANAKO, aFile, aMessage, aMessageFrame, aRoom, openRoom } from '../testing'

type Page = Awaited<ReturnType<typeof openRoom>>

const room = aRoom({ seq: 1, read_seq: 1 })
const PDF = aFile({
  stored_name: `${'0'.repeat(31)}2.pdf`,
  filename: 'menu.pdf',
  content_type: 'application/pdf',
  kind: 'document',
  width: null,
  height: null,
})

const png = (name: string) => new File(['bytes'], name, { type: 'image/png' })
const all = ({ wrapper }: Page, selector: string) => wrapper.findAll(selector)
const press = ({ byTestId }: Page, key: string) =>
  byTestId('message-text').trigger('keydown', { key })
const sent = ({ socket }: Page) =>
  socket.sentOf('message').map(({ content, files = [] }) => [content, ...files])

const nameOf = (filename: string) => `${filename.padStart(32, '0')}.png`

/** Lets files be uploaded, each under its own name; those called `bad.png` aren't taken until told. */
function serveUploads() {
  const state = { takesBad: false, deleted: [] as string[] }
  server.use(
    http.post('*/api/v1/upload/files', async ({ request }) => {
      const { name } = (await request.formData()).get('file') as File
      if (name === 'bad.png' && !state.takesBad) {
        const error = { id: 'e', code: 'X', message: 'No picture', details: {}, timestamp: '' }
        return HttpResponse.json({ error }, { status: 409 })
      }
      const stored_name = nameOf(name.replace('.png', ''))
      const rest = { url: '/a', thumbnail_url: '/b', item_id: null, owner_id: 1, id: 1 }
      return HttpResponse.json({ ...aFile({ filename: name, stored_name }), ...rest })
    }),
    http.delete('*/api/v1/upload/files/:name', ({ params }) => {
      state.deleted.push(String(params.name))
      return new HttpResponse(null, { status: 204 })
    }),
  )
  return state
}

async function attach(page: Page, ...files: File[]) {
  const input = page.wrapper.get('input[type="file"]')
  Object.defineProperty(input.element, 'files', { value: files, configurable: true })
  await input.trigger('change')
}

/** Answers for the links of these files. */
function links(files: readonly MessageFile[]) {
  const data = files.map(({ stored_name, filename, content_type, description }) => ({
    stored_name,
    filename,
    content_type,
    description,
    url: `/api/v1/upload/files/${stored_name}?signature=a`,
    thumbnail_url: `/api/v1/upload/thumbnails/${stored_name}?signature=a`,
  }))
  return { 'GET /upload/links': { data, expires_at: '2036-01-31T11:00:00Z' } }
}

const withFiles = (files: MessageFile[], given = files, content = 'Look') =>
  openRoom({ room, messages: [aMessage(1, { content, files })], answers: links(given) })

describe('files of a message', () => {
  it('are shown: pictures small, and in full when one is pressed; others by name and size', async () => {
    const picture = aFile({ description: 'A cup of tea' })
    const page = await withFiles([PDF, picture])
    const image = await eventually(() => page.wrapper.get('[data-picture]').get('img'))
    expect(image.attributes('alt')).toBe('A cup of tea')
    const document = page.wrapper.get('[data-document]')
    expect(document.text()).toMatch(/^menu\.pdf\s*2 kB/u)
    expect(document.attributes()).toMatchObject({
      href: `/api/v1/upload/files/${PDF.stored_name}?signature=a`,
      download: 'menu.pdf',
    })
    await page.wrapper.get('[data-picture]').trigger('click')
    const full = await eventually(() => page.byTestId('lightbox-picture'))
    expect(full.attributes('src')).toContain(`/upload/files/${picture.stored_name}`)
  })

  it('are no longer there where they were deleted', async () => {
    const page = await withFiles([aFile(), PDF], [])
    await eventually(() => {
      expect(page.texts()[0]).toContain('tea.pngNo longer there')
      expect(page.texts()[0]).toContain('menu.pdfNo longer there')
    })
    expect(all(page, '[data-picture]').length > 0).toBe(false)
  })

  it('go with it when it is deleted', async () => {
    const page = await withFiles([aFile()])
    const about = { room: 'general', user: HANAKO, timestamp: '2026-01-31T10:00:00Z' }
    page.socket.deliver({ type: 'message_deleted', id: 101, seq: 2, ...about })
    await eventually(() => expect(all(page, '[data-picture]').length > 0).toBe(false))
  })

  it('are said to screen readers', async () => {
    const page = await openRoom({ room })
    const log = page.wrapper.get('[role="log"]')
    const files = [aFile({ description: 'A cup of tea' }), PDF]
    page.socket.deliver(aMessageFrame(2, { content: '', files }))
    const told = '2 files attached: A cup of tea, menu.pdf'
    await eventually(() => expect(log.text()).toBe(`taro: ${told}`))
  })
})

describe('attaching files', () => {
  it('sends the message when they have arrived, and shows it at once', async () => {
    serveUploads()
    const uploaded = ['one', 'two'].map((name) => aFile({ stored_name: nameOf(name) }))
    const page = await openRoom({ answers: links(uploaded) })
    await attach(page, png('one.png'), png('two.png'))
    expect(all(page, '[data-attached-files]')).toHaveLength(1)
    await page.byTestId('message-text').setValue('Look')
    await press(page, 'Enter')
    expect(page.texts()[0]).toContain('Is sent once its files have arrived.')
    expect(sent(page)).toEqual([])
    await eventually(() => expect(sent(page)).toEqual([['Look', nameOf('one'), nameOf('two')]]))
    expect(page.texts()[0]).toContain('Sending…')
    await eventually(() => expect(all(page, '[data-picture]')).toHaveLength(2))
    expect(all(page, '[data-attached-files]').length > 0).toBe(false)
    // The next one has none.
    await page.byTestId('message-text').setValue('Nice, is it?')
    await press(page, 'Enter')
    expect(sent(page)[1]).toEqual(['Nice, is it?'])
  })

  it('needs no text, and keeps them while one looks elsewhere', async () => {
    serveUploads()
    const page = await openRoom()
    await attach(page, png('one.png'))
    await eventually(() => expect(page.wrapper.find('[data-attached="done"]').exists()).toBe(true))
    await page.router.push('/rooms')
    await page.router.push('/rooms/general')
    await eventually(() => expect(page.wrapper.find('[data-attached="done"]').exists()).toBe(true))
    await press(page, 'Enter')
    await eventually(() => expect(sent(page)).toEqual([['', nameOf('one')]]))
  })

  it('lets one that is refused be tried again before anything is sent', async () => {
    const uploads = serveUploads()
    const page = await openRoom()
    await attach(page, png('bad.png'))
    await eventually(() =>
      expect(page.wrapper.get('[data-attached="failed"]').text()).toContain('No picture'),
    )
    await press(page, 'Enter')
    expect(page.texts()).toEqual([])
    uploads.takesBad = true
    await page.wrapper.get('[aria-label="Try bad.png again"]').trigger('click')
    await eventually(() => expect(page.wrapper.find('[data-attached="done"]').exists()).toBe(true))
    await press(page, 'Enter')
    await eventually(() => expect(sent(page)).toEqual([['', nameOf('bad')]]))
  })

  it('lets one that fails on the way be removed, and sends the rest', async () => {
    serveUploads()
    const page = await openRoom()
    await attach(page, png('bad.png'), png('one.png'))
    await press(page, 'Enter')
    await eventually(() => expect(page.texts()[0]).toContain('No picture'))
    expect(sent(page)).toEqual([])
    await page.wrapper.get('[aria-label="Remove bad.png"]').trigger('click')
    await eventually(() => expect(sent(page)).toEqual([['', nameOf('one')]]))
  })

  it('leaves no message when all of it was removed', async () => {
    serveUploads()
    const page = await openRoom()
    await attach(page, png('bad.png'))
    await press(page, 'Enter')
    await eventually(() => expect(page.texts()[0]).toContain('No picture'))
    await page.wrapper.get('[aria-label="Remove bad.png"]').trigger('click')
    await eventually(() => expect(page.texts()).toEqual([]))
    expect(sent(page)).toEqual([])
  })

  it('removes from the server what was uploaded in vain', async () => {
    const uploads = serveUploads()
    const page = await openRoom()
    await attach(page, png('one.png'))
    await eventually(() => expect(page.wrapper.find('[data-attached="done"]').exists()).toBe(true))
    await page.wrapper.get('[aria-label="Remove one.png"]').trigger('click')
    expect(all(page, '[data-attached-files]').length > 0).toBe(false)
    await eventually(() => expect(uploads.deleted).toEqual([nameOf('one')]))
  })

  it('takes ten for one message', async () => {
    serveUploads()
    const page = await openRoom()
    await attach(page, ...Array.from({ length: 12 }, (_, number) => png(`${number}.png`)))
    expect(page.wrapper.get('[data-attached-files]').findAll('li')).toHaveLength(10)
    expect(page.errors.errors).toMatchObject([
      { message: 'A message can have 10 files at the most.' },
    ])
  })

  it('says what is wrong with a file that is gone by then', async () => {
    serveUploads()
    const page = await openRoom()
    await attach(page, png('one.png'))
    await press(page, 'Enter')
    await eventually(() => expect(page.socket.sentOf('message')).toHaveLength(1))
    const { cid } = page.socket.sentOf('message')[0]!
    const details = { fields: { files: 'Choose from the files you uploaded' } }
    const refusal = { code: 'VALIDATION_ERROR', message: 'Some values are not valid', cid, details }
    page.socket.deliver({ type: 'error', ...refusal })
    await eventually(() =>
      expect(page.texts()[0]).toContain('Not sent. Choose from the files you uploaded'),
    )
  })
})
