import { HttpResponse } from 'msw'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { useErrorStore } from '@/shared/stores/errors'
import '../components/ActivityChart.vue'
import { anItem, collectionOf, openPage, problem, serve, settle, stats } from '../testing'

vi.mock('vue-chartjs', () => ({
  Bar: {
    props: ['data', 'options'],
    template: '<canvas :data-bars="data.datasets[0].data.join()" />',
  },
}))

const numbers = stats({ draft: 2, published: 1, archived: 0 }, [0, 1, 2])

describe('the dashboard', () => {
  it('greets, and shows the numbers, the chart and the latest items of just this person', async () => {
    const requests = serve({
      'GET /items/stats': numbers,
      'GET /items': collectionOf([anItem({ id: 4 }), anItem({ id: 9 })]),
    })
    const { wrapper } = await openPage('/', { user: { id: 5, full_name: 'Hanako Yuki' } })
    await vi.dynamicImportSettled()
    await settle()

    expect(wrapper.get('h1').text()).toBe('Hello, Hanako Yuki')
    const drafts = wrapper.get('[data-status="draft"]')
    expect(drafts.text()).toMatch(/^2\s*Drafts$/u)
    expect(drafts.attributes('href')).toBe('/items?status=draft&mine=1')
    expect(wrapper.text()).toContain('3 items; the busiest day was Jan 3 with 2')
    const canvas = wrapper.get('canvas')
    expect(canvas.attributes('data-bars')).toBe('0,1,2')
    expect(canvas.attributes('aria-label')).toContain('3 items')
    expect(
      wrapper
        .findAll('tbody tr')
        .map((row) => [...row.element.children].map(({ textContent }) => textContent)),
    ).toEqual([
      ['Jan 1', '0'],
      ['Jan 2', '1'],
      ['Jan 3', '2'],
    ])
    expect(wrapper.findAll('[data-testid^="item-"]').map((row) => row.attributes())).toMatchObject([
      { 'data-testid': 'item-4' },
      { 'data-testid': 'item-9' },
    ])
    expect(wrapper.findAll('[data-testid="create-item"]')).toHaveLength(1)
    expect(requests.find(({ path }) => path === '/items')?.query).toEqual({
      owner_id: '5',
      sort: '-updated_at',
      limit: '5',
    })
  })

  it('asks for days by the clock of this browser', async () => {
    vi.stubEnv('TZ', 'Asia/Tokyo')
    onTestFinished(() => void vi.unstubAllEnvs())
    const requests = serve({ 'GET /items/stats': numbers, 'GET /items': collectionOf([]) })
    await openPage('/')
    expect(requests.find(({ path }) => path === '/items/stats')?.query).toEqual({
      utc_offset: '540',
    })
  })

  it('invites to a first item where there is none', async () => {
    serve({ 'GET /items/stats': stats({}, [0, 0]), 'GET /items': collectionOf([]) })
    const { wrapper } = await openPage('/')
    expect(wrapper.text()).toContain('You have no items yet')
    expect(wrapper.text()).toContain('You created nothing in the last 30 days.')
    expect(wrapper.get('[data-status="draft"]').text()).toMatch(/^0\s*Drafts$/u)
    expect(wrapper.find('canvas').exists()).toBe(false)
  })

  it('shows skeletons until the answers come', async () => {
    serve({
      'GET /items/stats': () => new Promise(() => undefined),
      'GET /items': () => new Promise(() => undefined),
    })
    const { wrapper } = await openPage('/')
    expect(wrapper.findAll('.skeleton').length).toBeGreaterThan(3)
    expect(wrapper.get('[data-testid="load-data"]').text()).toBe('Reload')
  })

  it('offers another attempt where loading failed', async () => {
    let fails = true
    serve({
      'GET /items/stats': () => (fails ? problem(503, 'SERVICE_UNAVAILABLE') : numbers),
      'GET /items': collectionOf([anItem()]),
    })
    const { wrapper } = await openPage('/')
    expect(wrapper.text()).toContain('Server is temporarily unavailable')
    expect(wrapper.find('[data-testid="item-7"]').exists()).toBe(true)

    fails = false
    const retry = wrapper.findAll('button').find((button) => button.text() === 'Try again')
    await retry!.trigger('click')
    await settle()
    expect(wrapper.get('[data-status="draft"]').text()).toMatch(/^2\s*Drafts$/u)
  })

  it('loads everything again at a press, and is busy meanwhile', async () => {
    let isFirst = true
    let release = () => undefined as void
    const released = new Promise<void>((resolve) => (release = resolve))
    const requests = serve({
      'GET /items/stats': numbers,
      'GET /items': async () => {
        if (isFirst) return collectionOf([anItem({ title: 'Before' })])
        await released
        return collectionOf([anItem({ title: 'After' })])
      },
    })
    const { wrapper } = await openPage('/')
    const button = wrapper.get('[data-testid="load-data"]')
    isFirst = false
    await button.trigger('click')
    await settle()
    expect(button.attributes('aria-busy')).toBe('true')
    expect(wrapper.text()).toContain('Before')

    release()
    await settle()
    expect(button.attributes('aria-busy')).toBeUndefined()
    expect(wrapper.text()).toContain('After')
    expect(requests.filter(({ path }) => path === '/items/stats')).toHaveLength(2)
  })

  it('keeps what it shows when loading again fails, and says so', async () => {
    let answer = collectionOf([anItem()]) as ReturnType<typeof collectionOf> | Response
    serve({ 'GET /items/stats': numbers, 'GET /items': () => answer })
    const { wrapper } = await openPage('/')
    answer = HttpResponse.error()
    await wrapper.get('[data-testid="load-data"]').trigger('click')
    await settle()
    expect(wrapper.find('[data-testid="item-7"]').exists()).toBe(true)
    expect(useErrorStore().globalError).toMatchObject({ code: 'NETWORK_ERROR' })
  })
})
