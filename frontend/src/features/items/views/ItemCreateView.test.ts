import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { useErrorStore } from '@/shared/stores/errors'
import { useNoticeStore } from '@/shared/stores/notices'
import { useSessionStore } from '@/shared/stores/session'
import {
  anItem,
  collectionOf,
  openPage,
  problem,
  serve,
  settle,
  tagged,
  type Seen,
} from '../testing'

type Wrapper = Awaited<ReturnType<typeof openPage>>['wrapper']

async function save(wrapper: Wrapper) {
  await wrapper.get('form').trigger('submit')
  await settle()
}

const creations = (requests: Seen[]) => requests.filter(({ method }) => method === 'POST')
const keyOf = (request: Seen | undefined) => request?.headers.get('Idempotency-Key')

describe('a new item', () => {
  it('is sent as it was entered, and shown when it is saved', async () => {
    const created = anItem({ id: 12, title: '結び目', status: 'published' })
    const requests = serve({
      'POST /items': tagged(created, 201),
      'GET /items/12': tagged(created),
    })
    const { wrapper, router } = await openPage('/items/new')
    await wrapper.get('[data-testid="item-title"]').setValue('結び目')
    await wrapper.get('[data-testid="item-description"]').setValue('One\nTwo')
    await wrapper.get('[data-testid="item-tags"]').setValue('design')
    await wrapper.get('[data-testid="item-tags"]').trigger('keydown', { key: 'Enter' })
    await wrapper.get('[data-testid="item-status"]').setValue('published')
    await save(wrapper)
    expect(creations(requests).map(({ body }) => body)).toEqual([
      { title: '結び目', description: 'One\nTwo', status: 'published', tags: ['design'] },
    ])
    expect(router.currentRoute.value.fullPath).toBe('/items/12')
    expect(wrapper.get('h1').text()).toBe('結び目')
    expect(useNoticeStore().notices[0]?.message).toBe('The item is created.')
  })

  it('is not sent while something is wrong by the rules of the contract', async () => {
    const requests = serve({ 'POST /items': problem(500, 'INTERNAL_SERVER_ERROR') })
    const { wrapper } = await openPage('/items/new')
    await wrapper.get('[data-testid="item-title"]').setValue('   ')
    await wrapper.get('[data-testid="item-description"]').setValue('あ'.repeat(5001))
    expect(wrapper.text()).toContain('5,001 of 5,000 characters')
    await save(wrapper)
    const title = wrapper.get('[data-testid="item-title"]')
    expect(title.attributes('aria-invalid')).toBe('true')
    expect(wrapper.text()).toContain('Please fill this in.')
    expect(wrapper.text()).toContain('At most 5000 characters.')
    expect(document.activeElement).toBe(title.element)
    expect(creations(requests)).toEqual([])
  })

  it('counts characters, not halves of them', async () => {
    serve({})
    const { wrapper } = await openPage('/items/new')
    await wrapper.get('[data-testid="item-description"]').setValue('👍🏽結')
    expect(wrapper.text()).toContain('3 of 5,000 characters')
  })

  it("shows the server's objections at their fields", async () => {
    serve({
      'POST /items': problem(422, 'VALIDATION_ERROR', {
        title: 'Not this title',
        'tags.0': 'Not this tag',
      }),
    })
    const { wrapper, router } = await openPage('/items/new')
    const title = wrapper.get('[data-testid="item-title"]')
    await title.setValue('A title')
    await save(wrapper)
    const described = title.attributes('aria-describedby')!.split(' ')
    expect(described.map((id) => document.getElementById(id)?.textContent)).toContain(
      'Not this title',
    )
    expect(wrapper.text()).toContain('Not this tag')
    expect(router.currentRoute.value.name).toBe('item-create')
    expect(useErrorStore().errors).toEqual([])
  })

  it('is made once, however often it is sent', async () => {
    const answers = [HttpResponse.error(), tagged(anItem({ id: 12 }), 201)]
    const requests = serve({
      'POST /items': () => answers.shift(),
      'GET /items/12': problem(404, ''),
    })
    const { wrapper } = await openPage('/items/new')
    await wrapper.get('[data-testid="item-title"]').setValue('Once')
    await save(wrapper)
    expect(useErrorStore().globalError?.code).toBe('NETWORK_ERROR')
    await save(wrapper)
    const [first, second] = creations(requests)
    expect(keyOf(first)).toMatch(/^[0-9a-f]{32}$/u)
    expect(keyOf(second)).toBe(keyOf(first))
  })

  it('takes no second press while it is being saved', async () => {
    let release = () => undefined as void
    const requests = serve({
      'POST /items': async () => {
        await new Promise<void>((resolve) => (release = resolve))
        return tagged(anItem({ id: 12 }), 201)
      },
    })
    const { wrapper } = await openPage('/items/new')
    await wrapper.get('[data-testid="item-title"]').setValue('Once')
    await save(wrapper)
    await save(wrapper)
    expect(wrapper.get('[data-testid="save-item"]').attributes('aria-busy')).toBe('true')
    expect(creations(requests)).toHaveLength(1)
    release()
    await settle()
  })

  it('is another request with another key once it was changed', async () => {
    const requests = serve({ 'POST /items': problem(409, 'CONFLICT') })
    const { wrapper } = await openPage('/items/new')
    await wrapper.get('[data-testid="item-title"]').setValue('One')
    await save(wrapper)
    await wrapper.get('[data-testid="item-title"]').setValue('Two')
    await save(wrapper)
    const [first, second] = creations(requests)
    expect(keyOf(second)).not.toBe(keyOf(first))
  })
})

describe('leaving without saving', () => {
  async function begin(title: string) {
    serve({ 'GET /items': collectionOf([]) })
    const page = await openPage('/items/new')
    if (title) await page.wrapper.get('[data-testid="item-title"]').setValue(title)
    const leaving = page.router.push('/items')
    await settle()
    return { ...page, leaving, dialog: page.wrapper.find<HTMLDialogElement>('form dialog') }
  }

  it('asks where something would be lost, and stays if told to', async () => {
    const { wrapper, router, leaving, dialog } = await begin('Unsaved')
    expect(dialog.element.open).toBe(true)
    await dialog.get('.btn-ghost').trigger('click')
    await leaving
    await settle()
    expect(router.currentRoute.value.name).toBe('item-create')
    expect(wrapper.get<HTMLInputElement>('[data-testid="item-title"]').element.value).toBe(
      'Unsaved',
    )
  })

  it('goes if told to', async () => {
    const { router, leaving, dialog } = await begin('Unsaved')
    await dialog.get('.btn-error').trigger('click')
    await leaving
    expect(router.currentRoute.value.name).toBe('items')
  })

  it('does not ask where nothing was entered', async () => {
    const { router, leaving } = await begin('')
    await leaving
    expect(router.currentRoute.value.name).toBe('items')
  })

  it('does not hold up the login of one whose session is over', async () => {
    serve({ 'GET /items': collectionOf([]) })
    const { wrapper, router } = await openPage('/items/new')
    await wrapper.get('[data-testid="item-title"]').setValue('Unsaved')
    useSessionStore().status = 'signed-out'
    await router.push('/items')
    expect(router.currentRoute.value.name).toBe('items')
  })

  it.each([
    ['asks before the page is closed', 'Unsaved', true],
    ['lets an untouched page be closed', '', false],
  ])('%s', async (_what, title, prevented) => {
    serve({})
    const { wrapper } = await openPage('/items/new')
    if (title) await wrapper.get('[data-testid="item-title"]').setValue(title)
    const closing = new Event('beforeunload', { cancelable: true })
    window.dispatchEvent(closing)
    expect(closing.defaultPrevented).toBe(prevented)
  })
})
