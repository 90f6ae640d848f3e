import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import type { SessionUser } from '@/api'
import { useErrorStore } from '@/shared/stores/errors'
import { useNoticeStore } from '@/shared/stores/notices'
import { anItem, collectionOf, openPage, problem, serve, settle, tagged } from '../testing'

type Wrapper = Awaited<ReturnType<typeof openPage>>['wrapper']

const gone = () => new HttpResponse(null, { status: 204 })

async function confirmDeletion(wrapper: Wrapper) {
  await wrapper.get('[data-testid="delete-item"]').trigger('click')
  await wrapper.get('dialog .btn-error').trigger('click')
  await settle()
}

async function chooseStatus(wrapper: Wrapper, text: string) {
  await wrapper.get('[aria-haspopup="menu"]').trigger('click')
  const entry = wrapper.findAll('[role="menuitem"]').find((one) => one.text() === text)
  await entry!.trigger('click')
  await settle()
}

describe('an item', () => {
  it('shows all of it, line breaks and addresses included, as text', async () => {
    const description = 'One\n\n<b>two</b> https://example.com/a.'
    serve({ 'GET /items/7': tagged(anItem({ description, status: 'published' })) })
    const { wrapper } = await openPage('/items/7')
    expect(wrapper.get('h1').text()).toBe('Spring catalogue')
    expect(document.title).toContain('Spring catalogue')
    const text = wrapper.get('.whitespace-pre-wrap')
    expect(text.element.textContent).toBe(description)
    expect(text.find('b').exists()).toBe(false)
    expect(text.get('a').attributes()).toMatchObject({
      href: 'https://example.com/a',
      rel: expect.stringContaining('noopener') as string,
    })
    expect(wrapper.get('a[href="/items?tag=design"]').text()).toBe('design')
    expect(wrapper.text()).toContain('Published')
    expect(wrapper.text()).toContain('Hanako Yuki')
  })

  it.each<[string, Partial<SessionUser>, boolean]>([
    ['its owner', { id: 1 }, true],
    ['one who may change any', { id: 2, permissions: ['items:write_any'] }, true],
    ['someone else', { id: 2, permissions: ['items:read_any'] }, false],
  ])('can be changed by %s: %o %s', async (_who, user, allowed) => {
    serve({ 'GET /items/7': tagged(anItem({ owner_id: 1 })) })
    const { wrapper } = await openPage('/items/7', { user })
    expect(wrapper.find('[data-testid="edit-item"]').exists()).toBe(allowed)
    expect(wrapper.find('[data-testid="delete-item"]').exists()).toBe(allowed)
    expect(wrapper.find('[aria-haspopup="menu"]').exists()).toBe(allowed)
  })

  it.each([
    [404, 'NOT_FOUND', "This item doesn't exist"],
    [422, 'VALIDATION_ERROR', "This item doesn't exist"],
    [403, 'FORBIDDEN', 'You may not see this item'],
  ])('says so in its place when the server answers %i', async (status, code, text) => {
    serve({ 'GET /items/7': problem(status, code) })
    const { wrapper } = await openPage('/items/7')
    expect(wrapper.get('h1').text()).toBe(text)
    expect(wrapper.get('a').attributes('href')).toBe('/items')
    expect(useErrorStore().errors).toEqual([])
  })

  it('leads back to the list as it was filtered', async () => {
    serve({ 'GET /items/7': tagged(anItem()), 'GET /items': collectionOf([anItem()]) })
    const { wrapper, router } = await openPage('/items?status=draft')
    // A browser's history notes by itself where one came from.
    await router.push({ path: '/items/7', state: { back: '/items?status=draft' } })
    await settle()
    expect(wrapper.findAll('a').map((link) => link.attributes('href'))).toContain(
      '/items?status=draft',
    )
  })

  describe('deleting', () => {
    it('asks first, and nothing happens without a yes', async () => {
      const requests = serve({ 'GET /items/7': tagged(anItem()), 'DELETE /items/7': gone() })
      const { wrapper } = await openPage('/items/7')
      await wrapper.get('[data-testid="delete-item"]').trigger('click')
      const dialog = wrapper.get<HTMLDialogElement>('dialog')
      expect(dialog.element.open).toBe(true)
      expect(dialog.text()).toContain('“Spring catalogue” will be gone for good.')
      await dialog.get('.btn-ghost').trigger('click')
      await settle()
      expect(dialog.element.open).toBe(false)
      expect(requests.some(({ method }) => method === 'DELETE')).toBe(false)
    })

    it('deletes just the version that was seen, and leads back to a list without it', async () => {
      let isGone = false
      const requests = serve({
        'GET /items/7': tagged(anItem()),
        'GET /items': () => collectionOf(isGone ? [] : [anItem()]),
        'DELETE /items/7': () => {
          isGone = true
          return gone()
        },
      })
      const { wrapper, router } = await openPage('/items')
      await router.push('/items/7')
      await settle()
      await confirmDeletion(wrapper)
      const deletion = requests.find(({ method }) => method === 'DELETE')
      expect(deletion?.headers.get('If-Match')).toBe('"3-x"')
      expect(router.currentRoute.value.name).toBe('items')
      expect(wrapper.find('[data-testid="item-7"]').exists()).toBe(false)
      expect(useNoticeStore().notices[0]?.message).toBe('The item is deleted.')
    })

    it('is content when someone else was faster', async () => {
      serve({
        'GET /items/7': tagged(anItem()),
        'GET /items': collectionOf([]),
        'DELETE /items/7': problem(404, 'NOT_FOUND'),
      })
      const { wrapper, router } = await openPage('/items/7')
      await confirmDeletion(wrapper)
      expect(router.currentRoute.value.name).toBe('items')
      expect(useErrorStore().errors).toEqual([])
    })

    it('leaves an item that has changed meanwhile, and shows what it is now', async () => {
      const versions = [tagged(anItem()), tagged(anItem({ title: 'Changed', version: 4 }))]
      serve({
        'GET /items/7': () => versions.shift(),
        'DELETE /items/7': problem(412, 'PRECONDITION_FAILED'),
      })
      const { wrapper, router } = await openPage('/items/7')
      await confirmDeletion(wrapper)
      expect(router.currentRoute.value.name).toBe('item')
      expect(wrapper.get('h1').text()).toBe('Changed')
      expect(wrapper.get<HTMLDialogElement>('dialog').element.open).toBe(false)
      expect(useErrorStore().globalError?.message).toContain('Someone changed this item')
    })
  })

  describe('changing the status', () => {
    it('shows the new one at once, and sends nothing else', async () => {
      let release = () => undefined as void
      const requests = serve({
        'GET /items/7': tagged(anItem()),
        'PATCH /items/7': async () => {
          await new Promise<void>((resolve) => (release = resolve))
          return tagged(anItem({ status: 'published', version: 4 }))
        },
      })
      const { wrapper } = await openPage('/items/7')
      await chooseStatus(wrapper, 'Publish')
      expect(wrapper.get('dl').text()).toContain('Published')
      expect(useNoticeStore().notices).toEqual([])

      release()
      await settle()
      expect(useNoticeStore().notices[0]?.message).toBe('The item is published.')
      const change = requests.find(({ method }) => method === 'PATCH')
      expect(change?.body).toEqual({ status: 'published' })
      expect(change?.headers.get('If-Match')).toBe('"3-x"')
    })

    it('takes it back when it failed', async () => {
      serve({
        'GET /items/7': tagged(anItem()),
        'PATCH /items/7': problem(403, 'FORBIDDEN'),
      })
      const { wrapper } = await openPage('/items/7')
      await chooseStatus(wrapper, 'Archive')
      expect(wrapper.get('dl').text()).toContain('Draft')
      expect(useErrorStore().globalError?.message).toBe('It says FORBIDDEN')
    })
  })
})
