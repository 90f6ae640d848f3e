import { describe, expect, it } from 'vitest'
import type { ItemRead } from '@/api/generated/types.gen'
import ItemConflictDialog from '../components/ItemConflictDialog.vue'
import { anItem, collectionOf, openLivePage, problem, serve, settle, tagged } from '../testing'

const owner = { id: 2, username: 'taro', full_name: 'Taro Mori', profile_image: null }
/** An item of someone else's, which an editor edits. */
const theirs = (changes: Partial<ItemRead> = {}) => anItem({ owner_id: 2, owner, ...changes })

/** Editing version 3; the server saves what is of the version that it has, which the test may change. */
async function openForm() {
  let saved: ItemRead | null = theirs()
  const requests = serve({
    'GET /items/7': () => (saved ? tagged(saved) : problem(404, 'NOT_FOUND')),
    'GET /items/12': () => tagged(anItem({ id: 12 })),
    'PATCH /items/7': ({ headers, body }) => {
      if (!saved) return problem(404, 'NOT_FOUND')
      if (!headers.get('If-Match')?.startsWith(`"${saved.version}`)) {
        return problem(412, 'PRECONDITION_FAILED')
      }
      saved = { ...saved, ...(body as object), version: saved.version + 1, updated_by: 1 }
      return tagged(saved)
    },
    'POST /items': ({ body }) => tagged(anItem({ ...(body as object), id: 12, version: 1 }), 201),
  })
  const page = await openLivePage('/items/7/edit', { user: { permissions: ['items:write_any'] } })
  const { wrapper } = page
  const field = (name: string) => wrapper.get<HTMLInputElement>(`[data-testid="item-${name}"]`)
  return {
    ...page,
    requests,
    field,
    notice: () => wrapper.get('[data-testid="edit-notice"]').text(),
    showNewer: async () => {
      await wrapper.get('[data-testid="show-newer"]').trigger('click')
      await settle()
    },
    dialog: () => wrapper.getComponent(ItemConflictDialog).get<HTMLDialogElement>('dialog'),
    save: async () => {
      await wrapper.get('form').trigger('submit')
      await settle()
    },
    /** Someone saves a version, and everyone is told. */
    change: async (changes: Partial<ItemRead>) => {
      saved = theirs({ version: saved!.version + 1, ...changes })
      page.tell(saved)
      await settle()
    },
    /** Someone deletes the item. */
    erase: async ({ isTold = true } = {}) => {
      saved = null
      if (isTold) page.tellGone(7, 9)
      await settle()
    },
    now: () => saved,
  }
}

describe('an item that others change while one edits it', () => {
  it('is left as it was entered, and one is told who it was', async () => {
    const { change, field, notice } = await openForm()
    expect(notice()).toBe('')
    await field('title').setValue('Mine')
    await change({ title: 'Theirs' })
    expect(field('title').element.value).toBe('Mine')
    expect(notice()).toContain('Meanwhile this item was changed by Taro Mori.')
  })

  it('names nobody whom it does not know, and oneself as such', async () => {
    const { change, notice } = await openForm()
    await change({ updated_by: 99 })
    expect(notice()).toContain('changed by someone else')
    await change({ updated_by: 1 })
    expect(notice()).toContain('You changed this item in another window.')
  })

  it('is loaded at a press where nothing was entered', async () => {
    const { change, field, notice, showNewer, wrapper } = await openForm()
    await change({ title: 'Theirs' })
    expect(field('title').element.value).toBe('Spring catalogue')
    expect(notice()).toContain('Load it')
    await showNewer()
    expect(field('title').element.value).toBe('Theirs')
    expect(notice()).toBe('')
    expect(wrapper.findComponent(ItemConflictDialog).exists()).toBe(false)
  })

  it('is shown beside what was entered, which can be saved over it', async () => {
    const { change, dialog, field, now, requests, router, showNewer } = await openForm()
    await field('title').setValue('Mine')
    await change({ title: 'Theirs', description: 'Also new' })
    await showNewer()
    expect(dialog().element.open).toBe(true)
    expect(dialog().text()).toContain('Theirs')
    await dialog().get('.btn-primary').trigger('click')
    await settle()
    expect(now()).toMatchObject({ title: 'Mine', description: 'Also new', version: 5 })
    expect(requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1)
    expect(router.currentRoute.value.name).toBe('item')
  })

  it('is taken instead of what was entered', async () => {
    const { change, dialog, field, notice, showNewer } = await openForm()
    await field('title').setValue('Mine')
    await change({ title: 'Theirs' })
    await showNewer()
    await dialog().get('[data-testid="take-theirs"]').trigger('click')
    await settle()
    expect(field('title').element.value).toBe('Theirs')
    expect(notice()).toBe('')
  })

  it('may be thought about: nothing is lost, and the notice stays', async () => {
    const { change, dialog, field, notice, showNewer } = await openForm()
    await field('title').setValue('Mine')
    await change({ title: 'Theirs' })
    await showNewer()
    await dialog().get('.btn-ghost').trigger('click')
    await settle()
    expect(field('title').element.value).toBe('Mine')
    expect(notice()).toContain('changed by Taro Mori')
  })

  it('is not saved while what was entered is wrong, which is said at its field', async () => {
    const { change, dialog, field, now, notice, showNewer } = await openForm()
    await field('title').setValue('')
    await change({ title: 'Theirs' })
    await showNewer()
    await dialog().get('.btn-primary').trigger('click')
    await settle()
    expect(field('title').attributes('aria-invalid')).toBe('true')
    expect(now()?.title).toBe('Theirs')
    expect(notice()).toBe('')
  })

  it('says nothing of the version that one is just saving', async () => {
    const { field, now, router, save, tell, wrapper } = await openForm()
    await field('title').setValue('Mine')
    const saving = save()
    tell({ ...now()!, title: 'Mine', version: 4, updated_by: 1 })
    await settle()
    await saving
    expect(router.currentRoute.value.name).toBe('item')
    expect(wrapper.find('[data-testid="edit-notice"]').exists()).toBe(false)
  })
})

describe('an item that is deleted while one edits it', () => {
  it('leaves what was entered, to be copied or saved as a new item', async () => {
    const { erase, field, notice, now, requests, router, save, wrapper } = await openForm()
    await field('title').setValue('Mine')
    await erase()
    expect(field('title').element.value).toBe('Mine')
    expect(notice()).toContain('This item is gone.')
    expect(wrapper.findAll('button').some((button) => button.text() === 'Copy the text')).toBe(true)
    expect(wrapper.get('[data-testid="save-item"]').text()).toBe('Save as a new item')

    await save()
    expect(requests.find(({ method }) => method === 'POST')?.body).toMatchObject({ title: 'Mine' })
    expect(now()).toBeNull()
    expect(router.currentRoute.value.fullPath).toBe('/items/12')
  })

  it('is found to be gone by saving it, if nobody told', async () => {
    const { erase, field, notice, requests, save } = await openForm()
    await field('title').setValue('Mine')
    await erase({ isTold: false })
    expect(notice()).toBe('')
    await save()
    expect(notice()).toContain('This item is gone.')
    expect(field('title').element.value).toBe('Mine')
    expect(requests.some(({ method }) => method === 'POST')).toBe(false)
  })
})

it('begins nowhere with an item that is gone already', async () => {
  serve({ 'GET /items/7': problem(404, 'NOT_FOUND'), 'GET /items': collectionOf([]) })
  const { wrapper } = await openLivePage('/items/7/edit')
  expect(wrapper.get('h1').text()).toBe("This item doesn't exist")
  expect(wrapper.find('form').exists()).toBe(false)
})
