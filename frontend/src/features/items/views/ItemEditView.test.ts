import { describe, expect, it } from 'vitest'
import { useNoticeStore } from '@/shared/stores/notices'
import ItemConflictDialog from '../components/ItemConflictDialog.vue'
import { anItem, openPage, problem, serve, settle, tagged, type Seen } from '../testing'

type Wrapper = Awaited<ReturnType<typeof openPage>>['wrapper']

const title = (wrapper: Wrapper) => wrapper.get<HTMLInputElement>('[data-testid="item-title"]')
const changes = (requests: Seen[]) =>
  requests
    .filter(({ method }) => method === 'PATCH')
    .map(({ body, headers }) => ({ body, ifMatch: headers.get('If-Match') }))

async function save(wrapper: Wrapper) {
  await wrapper.get('form').trigger('submit')
  await settle()
}

describe('editing an item', () => {
  it('begins with what it is, and sends only what changed of just that version', async () => {
    const requests = serve({
      'GET /items/7': tagged(anItem()),
      'PATCH /items/7': tagged(anItem({ title: 'New', version: 4 })),
    })
    const { wrapper, router } = await openPage('/items/7/edit')
    expect(title(wrapper).element.value).toBe('Spring catalogue')
    await title(wrapper).setValue('New')
    await save(wrapper)
    expect(changes(requests)).toEqual([{ body: { title: 'New' }, ifMatch: '"3-x"' }])
    expect(router.currentRoute.value.fullPath).toBe('/items/7')
    expect(wrapper.get('h1').text()).toBe('New')
    expect(useNoticeStore().notices[0]?.message).toBe('Saved')
  })

  it("shows the server's objections at their fields", async () => {
    serve({
      'GET /items/7': tagged(anItem()),
      'PATCH /items/7': problem(422, 'VALIDATION_ERROR', { title: 'Not this title' }),
    })
    const { wrapper } = await openPage('/items/7/edit')
    await title(wrapper).setValue('New')
    await save(wrapper)
    expect(wrapper.text()).toContain('Not this title')
    expect(title(wrapper).attributes('aria-invalid')).toBe('true')
  })

  it('is refused in its place to one who may only read', async () => {
    serve({ 'GET /items/7': tagged(anItem({ owner_id: 1, status: 'published' })) })
    const { wrapper } = await openPage('/items/7/edit', { user: { id: 2 } })
    expect(wrapper.get('h1').text()).toBe('You may not change this item')
    expect(wrapper.get('a').attributes('href')).toBe('/items/7')
    expect(wrapper.find('form').exists()).toBe(false)
  })

  it('says that there is no such item', async () => {
    serve({ 'GET /items/7': problem(404, 'NOT_FOUND') })
    const { wrapper } = await openPage('/items/7/edit')
    expect(wrapper.get('h1').text()).toBe("This item doesn't exist")
  })
})

describe('editing what someone else has saved meanwhile', () => {
  /** Someone else saves `theirs`; here the title becomes "Mine", the status changes, and both are saved. */
  async function collide(theirs: Parameters<typeof anItem>[0]) {
    let version = anItem()
    const requests = serve({
      'GET /items/7': () => tagged(version),
      'PATCH /items/7': ({ headers, body }) => {
        if (headers.get('If-Match') !== `"${version.version}-x"`) {
          return problem(412, 'PRECONDITION_FAILED')
        }
        version = { ...version, ...(body as object), version: version.version + 1 }
        return tagged(version)
      },
    })
    const page = await openPage('/items/7/edit')
    version = anItem({ ...theirs, version: 4 })
    await title(page.wrapper).setValue('Mine')
    await page.wrapper.get('[data-testid="item-status"]').setValue('published')
    await save(page.wrapper)
    const dialog = page.wrapper.getComponent(ItemConflictDialog).get<HTMLDialogElement>('dialog')
    return { ...page, requests, dialog, now: () => version }
  }

  it('shows both versions of what both have changed, and nothing else', async () => {
    const { dialog } = await collide({ title: 'Theirs', description: 'Also new' })
    expect(dialog.element.open).toBe(true)
    expect(dialog.findAll('[data-field]').map((row) => row.attributes('data-field'))).toEqual([
      'title',
    ])
    expect(dialog.findAll('[role="group"]').map((version) => version.text())).toEqual([
      'YoursMine',
      'TheirsTheirs',
    ])
  })

  it('saves mine over theirs, and leaves the rest of theirs as it is', async () => {
    const { dialog, requests, router, now } = await collide({
      title: 'Theirs',
      description: 'Also new',
    })
    await dialog.get('.btn-primary').trigger('click')
    await settle()
    expect(changes(requests).at(-1)).toEqual({
      body: { title: 'Mine', status: 'published' },
      ifMatch: '"4-x"',
    })
    expect(now()).toMatchObject({ title: 'Mine', description: 'Also new', version: 5 })
    expect(router.currentRoute.value.fullPath).toBe('/items/7')
  })

  it('takes theirs, and goes on from there', async () => {
    const { dialog, requests, wrapper, router } = await collide({ title: 'Theirs' })
    await dialog.get('[data-testid="take-theirs"]').trigger('click')
    await settle()
    expect(dialog.element.open).toBe(false)
    expect(title(wrapper).element.value).toBe('Theirs')
    expect(router.currentRoute.value.name).toBe('item-edit')
    expect(useNoticeStore().notices[0]?.message).toBe('The newer version is loaded.')

    await title(wrapper).setValue('Mine after all')
    await save(wrapper)
    expect(changes(requests).at(-1)).toEqual({
      body: { title: 'Mine after all' },
      ifMatch: '"4-x"',
    })
  })

  it('goes back to the form with nothing lost', async () => {
    const { dialog, requests, wrapper } = await collide({ title: 'Theirs' })
    await dialog.get('.btn-ghost').trigger('click')
    await settle()
    expect(dialog.element.open).toBe(false)
    expect(title(wrapper).element.value).toBe('Mine')
    expect(wrapper.get('[data-testid="save-item"]').attributes('aria-busy')).toBeUndefined()
    expect(changes(requests)).toHaveLength(1)
  })

  it('says so when theirs touches only other fields', async () => {
    const { dialog } = await collide({ description: 'Also new' })
    expect(dialog.text()).toContain("fields that you didn't change")
    expect(dialog.findAll('[data-field]')).toEqual([])
  })
})
