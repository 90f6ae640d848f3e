import { http, HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import type { FileRead } from '@/api/generated/types.gen'
import { aFile as someFile, storedName } from '@/shared/files/testing'
import { server } from '@/testing/server'
import { anItem, collectionOf, openPage, problem, serve, settle, tagged } from '../testing'

type Page = Awaited<ReturnType<typeof openPage>>

/** A picture that is attached to the item, by its owner. */
const aFile = (changes: Partial<FileRead> = {}) =>
  someFile({ id: 3, filename: 'Roof.png', item_id: 7, ...changes })

const PDF = aFile({
  id: 4,
  filename: 'Plan.pdf',
  stored_name: storedName(4, 'pdf'),
  content_type: 'application/pdf',
  kind: 'document',
  url: '/api/v1/upload/files/plan.pdf?signature=b',
  thumbnail_url: null,
})

const section = ({ wrapper }: Page) => wrapper.find('[data-testid="item-files"]')
const row = ({ wrapper }: Page, id: number) => wrapper.get(`[data-testid="file-${id}"]`)

/** Chooses something in the menu of a file. */
async function choose(page: Page, id: number, text: string) {
  await page.wrapper.get(`[data-testid="file-menu-${id}"]`).trigger('click')
  const entry = page.wrapper.findAll('[role="menuitem"]').find((one) => one.text() === text)
  await entry!.trigger('click')
}

function serveItem(files: unknown[], answers: Parameters<typeof serve>[0] = {}) {
  return serve({
    'GET /items/7': tagged(anItem({ status: 'published' })),
    'GET /items/7/files': collectionOf(files),
    ...answers,
  })
}

describe('the files of an item', () => {
  it('are named, with their size, and by whom where that is someone else', async () => {
    serveItem([aFile(), aFile({ ...PDF, owner_id: 2 })])
    const page = await openPage('/items/7')
    expect(row(page, 3).text()).toMatch(/^Roof\.png\s*2 kB/u)
    expect(row(page, 3).text()).not.toContain('Hanako')
    expect(row(page, 4).text()).toContain('someone else')
    expect(row(page, 3).get('img').attributes('src')).toBe(aFile().thumbnail_url)
    expect(row(page, 4).get('a').attributes()).toMatchObject({
      href: PDF.url,
      download: 'Plan.pdf',
    })
  })

  it('open in full when they are pictures', async () => {
    serveItem([aFile({ description: 'The team on the roof' }), PDF])
    const page = await openPage('/items/7')
    expect(row(page, 3).text()).toContain('The team on the roof')
    await row(page, 3).get('button').trigger('click')
    const picture = page.wrapper.get('[data-testid="lightbox-picture"]')
    expect(picture.attributes()).toMatchObject({ alt: 'The team on the roof', src: aFile().url })
  })

  it('can only be read by who may not change the item', async () => {
    serveItem([aFile()])
    const page = await openPage('/items/7', { user: { id: 2 } })
    expect(row(page, 3).text()).toContain('Hanako Yuki')
    expect(section(page).find('[data-testid="attach-files"]').exists()).toBe(false)
    expect(section(page).find('[aria-haspopup="menu"]').exists()).toBe(false)
    const download = row(page, 3).get('a[aria-label="Download Roof.png"]')
    expect(download.attributes()).toMatchObject({ href: aFile().url, download: 'Roof.png' })
  })

  it('are not spoken of to a reader where there are none', async () => {
    serveItem([])
    const page = await openPage('/items/7', { user: { id: 2 } })
    expect(section(page).exists()).toBe(false)
  })

  it('say in their place that they couldn’t be loaded', async () => {
    serveItem([], { 'GET /items/7/files': problem(403, 'FORBIDDEN') })
    const page = await openPage('/items/7', { user: { id: 2 } })
    expect(section(page).text()).toContain('It says FORBIDDEN')
    expect(page.wrapper.get('h1').text()).toBe('Spring catalogue')
  })

  it('are attached, and appear', async () => {
    const files: unknown[] = []
    const forms: FormData[] = []
    serveItem([], { 'GET /items/7/files': () => collectionOf(files) })
    server.use(
      http.post('*/api/v1/upload/files', async ({ request }) => {
        forms.push(await request.formData())
        files.push(aFile())
        return HttpResponse.json(aFile(), { status: 201 })
      }),
    )
    const page = await openPage('/items/7')
    expect(section(page).text()).toContain('Nothing is attached yet.')
    const input = page.wrapper.get('input[type="file"]')
    const file = new File(['bytes'], 'Roof.png', { type: 'image/png' })
    Object.defineProperty(input.element, 'files', { value: [file], configurable: true })
    await input.trigger('change')
    await expect.poll(() => page.wrapper.find('[data-testid="file-3"]').exists()).toBe(true)
    expect(forms[0]!.get('item_id')).toBe('7')
  })

  it('are described by who attached them, for those who can’t see them', async () => {
    let file = aFile()
    const requests = serveItem([], {
      'GET /items/7/files': () => collectionOf([file]),
      'PATCH /upload/files/:name': ({ body }) => (file = aFile(body as object)),
    })
    const page = await openPage('/items/7')
    await choose(page, 3, 'Edit the description')
    await page.wrapper.get('[data-testid="file-description"]').setValue('The team on the roof')
    await page.wrapper.get('dialog form').trigger('submit')
    await expect.poll(() => row(page, 3).text()).toContain('The team on the roof')
    const change = requests.find(({ method }) => method === 'PATCH')
    expect(change?.path).toBe(`/upload/files/${file.stored_name}`)
    expect(change?.body).toEqual({ description: 'The team on the roof' })
    expect(page.wrapper.find('dialog[open]').exists()).toBe(false)
  })

  it('are not described by others', async () => {
    serveItem([aFile({ owner_id: 2 }), { ...PDF, owner_id: 2 }])
    const page = await openPage('/items/7')
    for (const id of [3, 4]) {
      await page.wrapper.get(`[data-testid="file-menu-${id}"]`).trigger('click')
      const texts = row(page, id)
        .findAll('[role="menuitem"]')
        .map((entry) => entry.text())
      expect(texts).toEqual(['Download', 'Delete'])
    }
  })

  it.each([204, 404])('are removed after a yes, answered by %i', async (status) => {
    let files = [aFile(), PDF]
    const requests = serveItem([], {
      'GET /items/7/files': () => collectionOf(files),
      'DELETE /upload/files/:name': () => {
        files = [PDF]
        return new HttpResponse(null, { status })
      },
    })
    const page = await openPage('/items/7')
    await choose(page, 3, 'Delete')
    const dialog = page.wrapper.get<HTMLDialogElement>('dialog[open]')
    expect(dialog.text()).toContain('Delete Roof.png?')
    expect(requests.some(({ method }) => method === 'DELETE')).toBe(false)
    await dialog.get('.btn-error').trigger('click')
    await expect.poll(() => page.wrapper.find('[data-testid="file-3"]').exists()).toBe(false)
    expect(dialog.element.open).toBe(false)
  })

  it('stay when they could not be removed, which the dialog says', async () => {
    serveItem([aFile()], { 'DELETE /upload/files/:name': problem(403, 'FORBIDDEN') })
    const page = await openPage('/items/7')
    await choose(page, 3, 'Delete')
    const dialog = page.wrapper.get<HTMLDialogElement>('dialog[open]')
    await dialog.get('.btn-error').trigger('click')
    await settle()
    expect(dialog.text()).toContain('It says FORBIDDEN')
    expect(row(page, 3).text()).toContain('Roof.png')
  })
})
