import { describe, expect, it } from 'vitest'
import { collectionOf, problem } from '@/testing/api'
import { aFile, eventually, LIMITS, MIB, openPage, type Seen, serveFiles } from '../testing'

const lists = (requests: Seen[]) =>
  requests.filter(({ path }) => path === '/upload/files').map(({ query }) => query)
const FILES = [
  aFile({ id: 1, filename: 'roof.png', description: 'A roof', item_id: 7, size: 1536 }),
  aFile({ id: 2, filename: 'plans.pdf', kind: 'document', content_type: 'application/pdf' }),
]

describe('the list of files', () => {
  it('asks for just what the address says', async () => {
    const requests = serveFiles({
      'GET /upload/files': collectionOf(FILES, { total: 61, pages: 3 }),
    })
    const { wrapper } = await openPage('/files?search=roof&kind=image&sort=-size&page=2')
    await eventually(() => expect(wrapper.text()).toContain('61 files'))
    expect(lists(requests)).toEqual([
      { skip: '30', limit: '30', sort: '-size', search: 'roof', kind: 'image' },
    ])
    expect(wrapper.text()).toContain('Page 2 of 3')
  })

  it('opens a picture in its place, and lets anything else be saved', async () => {
    serveFiles({ 'GET /upload/files': collectionOf(FILES) })
    const { wrapper, byTestId } = await openPage()
    await eventually(() => expect(byTestId('file-1').text()).toContain('1.5 kB'))
    expect(byTestId('file-1').get('img').attributes('alt')).toBe('A roof')
    expect(byTestId('file-1').get('a').attributes('href')).toBe('/items/7')
    expect(byTestId('file-2').find('img').exists()).toBe(true)
    const link = byTestId('file-2').get('a').attributes()
    expect(link).toMatchObject({ href: FILES[1]!.url, download: 'plans.pdf' })
    await byTestId('file-1').get('button').trigger('click')
    expect(wrapper.get('[data-testid="lightbox-picture"]').attributes('src')).toBe(FILES[0]!.url)
  })

  it('says why it is empty', async () => {
    serveFiles()
    const { wrapper, button, router } = await openPage('/files?kind=video')
    await eventually(() => expect(wrapper.text()).toContain('No file matches'))
    await button('Clear the filters').trigger('click')
    await eventually(() => expect(wrapper.text()).toContain('There are no files yet'))
    expect(router.currentRoute.value.fullPath).toBe('/files')
  })

  it('says what is wrong, and asks again', async () => {
    serveFiles({ 'GET /upload/files': problem(403, 'Not today') })
    const { wrapper, button } = await openPage()
    await eventually(() => expect(wrapper.text()).toContain('Not today'))
    serveFiles({ 'GET /upload/files': collectionOf(FILES) })
    await button('Try again').trigger('click')
    await eventually(() => expect(wrapper.text()).toContain('2 files'))
  })

  it('goes back to the last page there is', async () => {
    serveFiles({ 'GET /upload/files': collectionOf([], { total: 3, pages: 1 }) })
    const { router } = await openPage('/files?page=4')
    await eventually(() => expect(router.currentRoute.value.fullPath).toBe('/files'))
  })
})

describe('the room for files', () => {
  it.each([
    [24 * MIB, '24 MB of 1 GB used'],
    [1000 * MIB, 'Almost full: 1,000 MB of 1 GB used'],
  ])('is said in words, at %i bytes', async (used, text) => {
    serveFiles({ 'GET /upload/limits': { ...LIMITS, used_bytes: used } })
    const { wrapper } = await openPage()
    await eventually(() => {
      const meter = wrapper.get('[role="meter"]').attributes()
      expect(meter).toMatchObject({ 'aria-valuetext': text, 'aria-valuenow': String(used) })
    })
  })
})

describe('deleting', () => {
  const erase = async (id: number, user = {}) => {
    const opened = await openPage('/files', { user })
    await eventually(() => expect(opened.has(`file-${id}`)).toBe(true))
    await opened.byTestId(`file-menu-${id}`).trigger('click')
    await opened.wrapper.findAll('[role="menuitem"]').at(-1)!.trigger('click')
    return opened
  }

  it('says from where a file disappears', async () => {
    serveFiles({ 'GET /upload/files': collectionOf(FILES) })
    const { wrapper } = await erase(1)
    expect(wrapper.get('dialog[open]').text()).toContain('It is attached to an item')
  })

  it('says that it is the own face', async () => {
    serveFiles({ 'GET /upload/files': collectionOf(FILES), 'GET /upload/links': { data: [] } })
    const { wrapper } = await erase(2, { profile_image: FILES[1]!.stored_name })
    expect(wrapper.get('dialog[open]').text()).toContain('It is your profile picture')
  })

  it('takes a file that is gone already for deleted, and loads the list again', async () => {
    let left = FILES
    const requests = serveFiles({
      'GET /upload/files': () => collectionOf(left),
      'DELETE /upload/files/:name': () => {
        left = [FILES[0]!]
        return problem(404, 'No such file')
      },
    })
    const { wrapper, has } = await erase(2)
    await wrapper.get('dialog[open] .btn-error').trigger('click')
    await eventually(() => expect(has('file-2')).toBe(false))
    expect(requests.at(-1)!.path).toMatch(/^\/upload\/(?:files|limits)$/u)
    expect(wrapper.find('dialog[open]').exists()).toBe(false)
  })
})
