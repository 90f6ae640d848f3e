import { describe, expect, it } from 'vitest'
import type { ItemRead } from '@/api/generated/types.gen'
import {
  afterBurst,
  anItem,
  collectionOf,
  openLivePage,
  type Seen,
  serve,
  settle,
  stats,
} from '../testing'

const loads = (requests: Seen[], path: string) => requests.filter((seen) => seen.path === path)

describe('the dashboard, while others work', () => {
  /** What the server says of `items`, all of which belong to who is signed in. */
  function dashboardOf(items: ItemRead[]) {
    return serve({
      'GET /items/stats': () => stats({ draft: items.length }),
      'GET /items': ({ query }) => collectionOf(items.slice(0, Number(query.limit))),
    })
  }

  it('has a new item of one’s own in its list and its numbers', async () => {
    const items = [anItem()]
    const requests = dashboardOf(items)
    const page = await openLivePage('/')
    requests.splice(0)
    items.unshift(anItem({ id: 8, title: 'From my phone', version: 1 }))
    page.tell(items[0]!)
    await afterBurst()
    expect(page.rows()).toEqual(['item-8', 'item-7'])
    expect(page.wrapper.get('[data-status="draft"]').text()).toMatch(/^2/u)
    expect(loads(requests, '/items/stats')).toHaveLength(1)
  })

  it('does not count again for the items of others', async () => {
    const requests = dashboardOf([anItem()])
    const page = await openLivePage('/')
    requests.splice(0)
    page.tell(anItem({ id: 8, owner_id: 2, status: 'published' }))
    await afterBurst()
    expect(loads(requests, '/items/stats')).toEqual([])
    expect(loads(requests, '/items').map(({ query }) => query.owner_id)).toEqual([undefined])
  })

  it('tells what happened, by whom, and what is gone', async () => {
    const owner = { id: 2, username: 'taro', full_name: null, profile_image: null }
    const theirs = { owner_id: 2, owner, status: 'published' } as const
    const items = [
      anItem({ ...theirs, id: 1, version: 1, created_by: 2, title: 'New one' }),
      anItem({ ...theirs, id: 2, version: 2, updated_by: 1, title: 'Mine to change' }),
      anItem({ id: 3, version: 2, updated_by: 2, title: 'Taro was here' }),
      anItem({ id: 4, version: 2, updated_by: 99, title: 'Who was it' }),
    ]
    dashboardOf(items)
    const page = await openLivePage('/')
    const change = (id: number) => page.wrapper.find(`[data-testid="change-${id}"]`)
    expect(change(1).text()).toMatch(/^New one\s*Created by taro ·/u)
    expect(change(2).text()).toContain('Changed by you')
    expect(change(3).text()).toContain('Changed by taro')
    expect(change(4).text()).toContain('Changed by someone else')
    expect(change(4).get('a').attributes('href')).toBe('/items/4')

    page.tellGone(4, 3)
    page.tellGone(55, 9)
    items.pop()
    await afterBurst()
    expect(change(4).text()).toMatch(/^Who was it\s*Deleted or withdrawn · just now$/u)
    expect(change(4).find('a').exists()).toBe(false)
    expect(change(55).text()).toContain('An item')
  })

  it('shows at most eight changes', async () => {
    dashboardOf(Array.from({ length: 8 }, (_, n) => anItem({ id: 100 + n })))
    const page = await openLivePage('/')
    for (let id = 1; id <= 9; id += 1) page.tellGone(id, 2)
    await settle()
    expect(page.wrapper.findAll('[data-testid^="change-"]')).toHaveLength(8)
  })

  it('says how many people are online', async () => {
    dashboardOf([])
    const page = await openLivePage('/')
    expect(page.wrapper.get('[data-testid="online"]').text()).toBe('1 person online')
    expect(page.wrapper.text()).toContain('Nothing has happened yet')
  })
})
