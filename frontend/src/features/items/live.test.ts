import { describe, expect, it, vi } from 'vitest'
import type { ItemRead } from '@/api/generated/types.gen'
import { afterBurst, anItem, collectionOf, openLivePage, serve, settle, type Seen } from './testing'

type Page = Awaited<ReturnType<typeof openLivePage>>

const row = ({ wrapper }: Page, id: number) => wrapper.find(`[data-testid="item-${id}"]`)
const loads = (requests: Seen[]) => requests.filter(({ path }) => path === '/items')

/** The list at an address, of `items`, which the test may change. */
async function openList(items: ItemRead[], at = '/items') {
  const requests = serve({ 'GET /items': () => collectionOf(items) })
  const page = await openLivePage(at)
  requests.splice(0)
  return { page, requests }
}

describe('a list', () => {
  it('shows what changed in its place, and asks for nothing', async () => {
    const { page, requests } = await openList([anItem(), anItem({ id: 8 })])
    const before = row(page, 7).element
    page.tell(anItem({ title: 'Autumn catalogue', status: 'archived', version: 4 }))
    await afterBurst()
    expect(row(page, 7).text()).toContain('Autumn catalogue')
    expect(row(page, 7).text()).toContain('Archived')
    expect(row(page, 7).element).toBe(before)
    expect(page.rows()).toEqual(['item-7', 'item-8'])
    expect(loads(requests)).toEqual([])
  })

  it('keeps what is newer than what it is told, and hears the same once', async () => {
    const { page, requests } = await openList([anItem({ version: 5, title: 'Newest' })])
    page.tell(anItem({ version: 4, title: 'Older' }))
    page.tell(anItem({ version: 5, title: 'The same' }))
    await afterBurst()
    expect(row(page, 7).text()).toContain('Newest')
    expect(loads(requests)).toEqual([])
  })

  it('loads once for a burst of changes that may bring rows', async () => {
    const items = [anItem()]
    const { page, requests } = await openList(items)
    for (const id of [11, 12, 13]) {
      items.unshift(anItem({ id, version: 1 }))
      page.tell(items[0]!)
    }
    await settle()
    expect(loads(requests)).toEqual([])
    await afterBurst()
    expect(loads(requests)).toHaveLength(1)
    expect(page.rows()).toEqual(['item-13', 'item-12', 'item-11', 'item-7'])
    expect(page.wrapper.text()).toContain('4 items')
  })

  it('waits for the end of a burst, but not for ever', async () => {
    const { page, requests } = await openList([anItem()])
    for (let n = 0; n < 12; n += 1) {
      page.tell(anItem({ id: 20 + n, version: 1 }))
      vi.advanceTimersByTime(200)
      await settle()
    }
    expect(loads(requests)).toHaveLength(1)
  })

  it('does not ask for what can not be in it', async () => {
    const { page, requests } = await openList([anItem()], '/items?status=draft')
    page.tell(anItem({ id: 9, status: 'published' }))
    await afterBurst()
    expect(loads(requests)).toEqual([])
  })

  it('loses what is gone at once, and counts it', async () => {
    const items = [anItem(), anItem({ id: 8 })]
    const { page, requests } = await openList(items)
    items.splice(0, 1)
    page.tellGone(7, 4)
    await settle()
    expect(page.rows()).toEqual(['item-8'])
    expect(page.wrapper.text()).toContain('1 item')
    expect(loads(requests)).toEqual([])
    await afterBurst()
    expect(loads(requests)).toHaveLength(1)
  })

  it('does not bring back what is gone by news that come late', async () => {
    const items = [anItem(), anItem({ id: 8 })]
    const { page } = await openList(items)
    page.tellGone(7, 5)
    page.tell(anItem({ version: 4 }))
    // The answer was made before the deletion.
    await afterBurst()
    expect(page.rows()).toEqual(['item-8'])
    expect(page.wrapper.text()).toContain('1 item')
  })

  it('shows what was told while an older answer was on its way', async () => {
    let release = () => undefined as void
    let isHeld = false
    serve({
      'GET /items': async () => {
        if (isHeld) await new Promise<void>((resolve) => (release = resolve))
        return collectionOf([anItem()])
      },
    })
    const page = await openLivePage('/items')
    isHeld = true
    await page.router.push('/items?search=spring')
    await settle()
    page.tell(anItem({ title: 'Spring, once more', version: 4 }))
    await settle()
    isHeld = false
    release()
    await settle()
    expect(row(page, 7).text()).toContain('Spring, once more')
  })

  it('asks again once for what an answer on its way may have missed', async () => {
    let release = () => undefined as void
    let isHeld = false
    const requests = serve({
      'GET /items': async ({ query }) => {
        if (!isHeld) return collectionOf(query.search ? [anItem({ id: 9 })] : [])
        await new Promise<void>((resolve) => (release = resolve))
        return collectionOf([])
      },
    })
    const page = await openLivePage('/items')
    isHeld = true
    await page.router.push('/items?search=spring')
    await settle()
    requests.splice(0)
    page.tell(anItem({ id: 9, version: 1 }))
    await afterBurst()
    expect(loads(requests).filter(({ query }) => query.search)).toEqual([])
    isHeld = false
    release()
    await settle()
    await afterBurst()
    expect(page.rows()).toEqual(['item-9'])
  })

  it('loads what came before the connection again, once it stands', async () => {
    const items: ItemRead[] = []
    const requests = serve({
      'GET /items': () => {
        const answer = collectionOf([...items])
        items.splice(0, 1, anItem())
        return answer
      },
    })
    const page = await openLivePage('/items')
    expect(loads(requests)).toHaveLength(2)
    expect(page.rows()).toEqual(['item-7'])
  })

  it('loads nothing while nobody sees the page, and what it missed when someone does', async () => {
    const items = [anItem()]
    const { page, requests } = await openList(items)
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    items.unshift(anItem({ id: 8, version: 1 }))
    page.tell(items[0]!)
    await afterBurst()
    expect(loads(requests)).toEqual([])
    visibility.mockRestore()
    document.dispatchEvent(new Event('visibilitychange'))
    await settle()
    expect(page.rows()).toEqual(['item-8', 'item-7'])
  })

  it('tells screen readers how many there are of what was asked for, and not each change', async () => {
    const { page } = await openList([anItem(), anItem({ id: 8 })])
    const status = page.wrapper.get('section p[role="status"]')
    expect(status.attributes('aria-live')).toBe('off')
    page.tellGone(7, 4)
    await settle()
    expect(status.text()).toBe('1 item')
    expect(status.attributes('aria-live')).toBe('off')

    await page.router.push('/items?status=draft')
    await settle()
    expect(status.text()).toBe('1 item')
    expect(status.attributes('aria-live')).toBe('polite')
  })
})
