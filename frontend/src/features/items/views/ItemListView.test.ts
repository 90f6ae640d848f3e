import { describe, expect, it } from 'vitest'
import { anItem, collectionOf, openPage, problem, serve, settle, type Seen } from '../testing'

const lists = (requests: Seen[]) =>
  requests.filter(({ path }) => path === '/items').map(({ query }) => query)
const rows = (wrapper: { findAll(selector: string): { attributes(name: string): unknown }[] }) =>
  wrapper.findAll('[data-testid^="item-"]').map((row) => row.attributes('data-testid'))

const tags = {
  data: [
    { tag: 'design', count: 12 },
    { tag: 'print', count: 3 },
  ],
}

describe('the list of items', () => {
  it('asks for just what the address says, and shows the same choices', async () => {
    const requests = serve({
      'GET /items/tags': tags,
      'GET /items': collectionOf([anItem()], { total: 41, pages: 3, page: 2 }),
    })
    const { wrapper } = await openPage(
      '/items?search=spring&status=published&tag=design&mine=1&sort=relevance&page=2',
      { user: { id: 5 } },
    )
    expect(lists(requests)).toEqual([
      {
        skip: '20',
        limit: '20',
        search: 'spring',
        status: 'published',
        tag: 'design',
        owner_id: '5',
        sort: 'relevance',
      },
    ])
    expect(wrapper.get<HTMLInputElement>('input[inputmode="search"]').element.value).toBe('spring')
    const chosen = wrapper.findAll('select').map(({ element }) => element.selectedOptions[0]?.text)
    expect(chosen).toEqual(['Published', 'design (12)', 'Relevance'])
    expect(wrapper.get<HTMLInputElement>('input[type="checkbox"]').element.checked).toBe(true)
    expect(wrapper.text()).toContain('41 items')
    expect(wrapper.text()).toContain('Page 2 of 3')
  })

  it('asks for the newest of all where the address says nothing', async () => {
    const requests = serve({ 'GET /items': collectionOf([anItem()]) })
    const { wrapper } = await openPage('/items')
    expect(lists(requests)).toEqual([{ skip: '0', limit: '20', sort: '-created_at' }])
    expect(wrapper.findAll('[data-testid="create-item"]')).toHaveLength(1)
    expect(wrapper.text()).toContain('1 item')
  })

  it('reads nonsense in the address as if it were not there', async () => {
    const requests = serve({ 'GET /items': collectionOf([anItem()]) })
    await openPage('/items?status=lost&sort=relevance&page=-3&mine=maybe&search=%20')
    expect(lists(requests)).toEqual([{ skip: '0', limit: '20', sort: '-created_at' }])
  })

  it('writes each choice into the address, and starts again at the first page', async () => {
    const requests = serve({
      'GET /items/tags': tags,
      'GET /items': collectionOf([anItem()], { total: 60, pages: 3 }),
    })
    const { wrapper, router } = await openPage('/items?page=2')
    const [status, tag, sort] = wrapper.findAll('select')
    await status!.setValue('archived')
    await settle()
    expect(router.currentRoute.value.fullPath).toBe('/items?status=archived')

    await tag!.setValue('print')
    await settle()
    await sort!.setValue('title')
    await settle()
    await wrapper.get('input[type="checkbox"]').setValue(true)
    await settle()
    expect(router.currentRoute.value.query).toEqual({
      status: 'archived',
      tag: 'print',
      sort: 'title',
      mine: '1',
    })
    expect(lists(requests).at(-1)).toEqual({
      skip: '0',
      limit: '20',
      status: 'archived',
      tag: 'print',
      sort: 'title',
      owner_id: '1',
    })

    const next = wrapper.findAll('nav button').at(-1)
    await next!.trigger('click')
    await settle()
    expect(router.currentRoute.value.query.page).toBe('2')
    expect(lists(requests).at(-1)?.skip).toBe('20')
  })

  it('sorts by relevance only together with a search', async () => {
    serve({ 'GET /items': collectionOf([anItem()]) })
    const { wrapper, router } = await openPage('/items')
    const options = () => wrapper.findAll('select').at(-1)!.findAll('option').length
    const without = options()
    await router.push('/items?search=spring')
    await settle()
    expect(options()).toBe(without + 1)
  })

  it('keeps a tag of the address that is not among the most used ones', async () => {
    serve({ 'GET /items/tags': tags, 'GET /items': collectionOf([anItem()]) })
    const { wrapper } = await openPage('/items?tag=rare')
    expect(wrapper.findAll('select')[1]!.element.value).toBe('rare')
  })

  it('keeps the old rows in view until the new ones are there', async () => {
    let release = () => undefined as void
    serve({
      'GET /items': async ({ query }) => {
        if (!query.status) return collectionOf([anItem({ id: 1 })])
        await new Promise<void>((resolve) => (release = resolve))
        return collectionOf([anItem({ id: 2 })])
      },
    })
    const { wrapper, router } = await openPage('/items')
    await router.push('/items?status=draft')
    await settle()
    expect(rows(wrapper)).toEqual(['item-1'])
    expect(wrapper.get('section[aria-busy="true"]').attributes('aria-label')).toBe('Items')

    release()
    await settle()
    expect(rows(wrapper)).toEqual(['item-2'])
    expect(wrapper.find('[aria-busy="true"]').exists()).toBe(false)
  })

  it('goes to the last page where there is no such page any more', async () => {
    serve({
      'GET /items': ({ query }) =>
        collectionOf(query.skip === '20' ? [anItem()] : [], { total: 21, pages: 2 }),
    })
    const { wrapper, router } = await openPage('/items?page=9')
    expect(router.currentRoute.value.query.page).toBe('2')
    expect(rows(wrapper)).toEqual(['item-7'])
  })

  it('says that there is nothing at all', async () => {
    serve({ 'GET /items': collectionOf([], { pages: 0 }) })
    const { wrapper } = await openPage('/items')
    expect(wrapper.text()).toContain('There are no items yet')
    expect(wrapper.text()).not.toContain('Clear filters')
  })

  it('says that nothing matches, and takes the filters away', async () => {
    serve({
      'GET /items': ({ query }) => collectionOf(query.search ? [] : [anItem()], { pages: 1 }),
    })
    const { wrapper, router } = await openPage('/items?search=zzz&mine=1&sort=title')
    expect(wrapper.text()).toContain('Nothing matches')
    const clear = wrapper.findAll('button').find((button) => button.text() === 'Clear filters')
    await clear!.trigger('click')
    await settle()
    expect(router.currentRoute.value.fullPath).toBe('/items?sort=title')
    expect(rows(wrapper)).toEqual(['item-7'])
  })

  it('offers another attempt where loading failed', async () => {
    const answers = [problem(500, 'INTERNAL_SERVER_ERROR'), collectionOf([anItem()])]
    serve({ 'GET /items': () => answers.shift() })
    const { wrapper } = await openPage('/items')
    expect(wrapper.text()).toContain('Server is temporarily unavailable')
    const retry = wrapper.findAll('button').find((button) => button.text() === 'Try again')
    await retry!.trigger('click')
    await settle()
    expect(rows(wrapper)).toEqual(['item-7'])
  })

  it('shows of an item what one chooses it by', async () => {
    const item = anItem({ tags: ['a', 'b', 'c', 'd', 'e', 'f'], status: 'archived' })
    serve({ 'GET /items': collectionOf([item]) })
    const { wrapper } = await openPage('/items')
    const row = wrapper.get('[data-testid="item-7"]')
    expect(row.get('a').attributes('href')).toBe('/items/7')
    expect(row.get('a').text()).toBe('Spring catalogue')
    expect(row.text()).toContain('Archived')
    expect(row.text()).toContain('Hanako Yuki')
    expect(row.text()).toContain('2 more tags')
    expect(row.get('time').attributes('datetime')).toBe('2026-01-30T09:30:00Z')
  })
})
