import { describe, expect, it } from 'vitest'
import { anItem, collectionOf, openLivePage, problem, serve, settle, tagged } from '../testing'

describe('the page of an item, while others change it', () => {
  it('shows what others made of it, and says so once', async () => {
    serve({ 'GET /items/7': tagged(anItem()) })
    const page = await openLivePage('/items/7', { user: { id: 2 } })
    const status = page.wrapper.get('[role="status"]')
    expect(status.text()).toBe('')
    page.tell(anItem({ title: 'Autumn catalogue', version: 4 }))
    await settle()
    expect(page.wrapper.get('h1').text()).toBe('Autumn catalogue')
    expect(status.text()).toBe('Changed by Hanako Yuki')
  })

  it('says nothing of what one changed oneself, somewhere else', async () => {
    serve({ 'GET /items/7': tagged(anItem()) })
    const page = await openLivePage('/items/7')
    page.tell(anItem({ title: 'Autumn catalogue', version: 4 }))
    await settle()
    expect(page.wrapper.get('h1').text()).toBe('Autumn catalogue')
    expect(page.wrapper.get('[role="status"]').text()).toBe('')
  })

  it('sends the version that it was told of with the next change', async () => {
    const requests = serve({
      'GET /items/7': tagged(anItem()),
      'DELETE /items/7': new Response(null, { status: 204 }),
      'GET /items': collectionOf([]),
    })
    const page = await openLivePage('/items/7')
    page.tell(anItem({ version: 4 }))
    await settle()
    await page.wrapper.get('[data-testid="delete-item"]').trigger('click')
    await page.wrapper.get('dialog .btn-error').trigger('click')
    await settle()
    const deletion = requests.find(({ method }) => method === 'DELETE')
    expect(deletion?.headers.get('If-Match')).toBe('"4"')
  })

  it('is not deleted in a version that came after one chose to', async () => {
    const requests = serve({
      'GET /items/7': tagged(anItem({ version: 4 })),
      'DELETE /items/7': problem(412, 'PRECONDITION_FAILED'),
    })
    const page = await openLivePage('/items/7')
    await page.wrapper.get('[data-testid="delete-item"]').trigger('click')
    page.tell(anItem({ title: 'Precious now', version: 5 }))
    await settle()
    expect(page.wrapper.get('dialog').text()).toContain('“Spring catalogue”')
    await page.wrapper.get('dialog .btn-error').trigger('click')
    await settle()
    const deletion = requests.find(({ method }) => method === 'DELETE')
    expect(deletion?.headers.get('If-Match')).toBe('"4-x"')
    expect(page.wrapper.get('h1').text()).toBe('Precious now')
  })

  it.each([
    [404, 'This item was deleted'],
    [403, 'You may not see this item'],
  ])('says by a %i what became of it, and leads back', async (status, text) => {
    let answer: Response = tagged(anItem({ status: 'published' }))
    serve({ 'GET /items/7': () => answer, 'GET /items': collectionOf([]) })
    const page = await openLivePage('/items/7', { user: { id: 2 } })
    answer = new Response('{}', { status })
    page.tellGone(7, 4)
    await settle()
    expect(page.wrapper.get('h1').text()).toBe(text)
    expect(page.wrapper.get('[role="status"]').text()).toBe(text)
    expect(page.wrapper.get('a').attributes('href')).toBe('/items')
  })

  it('comes back with an item that may be read again', async () => {
    let answer: Response = tagged(anItem({ status: 'published' }))
    serve({ 'GET /items/7': () => answer })
    const page = await openLivePage('/items/7', { user: { id: 2 } })
    answer = new Response('{}', { status: 403 })
    page.tellGone(7, 4)
    await settle()
    page.tell(anItem({ title: 'Back again', version: 5 }))
    await settle()
    expect(page.wrapper.get('h1').text()).toBe('Back again')
  })

  it('ends in the list after one’s own deletion, even if that is told first', async () => {
    let finish = () => undefined as void
    const requests = serve({
      'GET /items/7': tagged(anItem()),
      'GET /items': collectionOf([]),
      'DELETE /items/7': async () => {
        await new Promise<void>((resolve) => (finish = resolve))
        return new Response(null, { status: 204 })
      },
    })
    const page = await openLivePage('/items/7')
    await page.wrapper.get('[data-testid="delete-item"]').trigger('click')
    await page.wrapper.get('dialog .btn-error').trigger('click')
    await settle()
    requests.splice(0)
    page.tellGone(7, 4)
    await settle()
    expect(page.wrapper.get('h1').text()).toBe('Spring catalogue')
    finish()
    await settle()
    expect(page.router.currentRoute.value.name).toBe('items')
    expect(requests.filter(({ path }) => path === '/items/7')).toEqual([])
  })

  it('keeps a newer version that was told when an older answer comes to a change', async () => {
    let finish = () => undefined as void
    serve({
      'GET /items/7': tagged(anItem()),
      'PATCH /items/7': async () => {
        await new Promise<void>((resolve) => (finish = resolve))
        return tagged(anItem({ status: 'published', version: 4 }))
      },
    })
    const page = await openLivePage('/items/7')
    await page.wrapper.get('[aria-haspopup="menu"]').trigger('click')
    await page.wrapper.get('[role="menuitem"]').trigger('click')
    await settle()
    page.tell(anItem({ title: 'Newer', status: 'published', version: 5 }))
    finish()
    await settle()
    expect(page.wrapper.get('h1').text()).toBe('Newer')
  })
})
