import { HttpResponse } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import { aSession, collectionOf, eventually, openPage, problem, serve } from '../testing'

const nothing = () => new HttpResponse(null, { status: 204 })

describe('where one is signed in', () => {
  const elsewhere = aSession({
    id: 2,
    current: false,
    device: { browser: 'Safari', system: 'iOS' },
    address: null,
  })

  it('shows this device first, and ends another one', async () => {
    const requests = serve({
      'GET /auth/sessions': collectionOf([elsewhere, aSession()]),
      'DELETE /auth/sessions/2': nothing,
    })
    const { notices, wrapper } = await openPage('/settings/security', { user: {} })
    await eventually(() => expect(wrapper.findAll('#sessions li')).toHaveLength(2))
    const [first, second] = wrapper.findAll('#sessions li')
    expect(first!.text()).toMatch(/^Firefox on Windows\s*This device\s*192\.0\.2\.7\s*Active now/u)
    expect(first!.find('button').exists()).toBe(false)
    await second!.get('[aria-label="Sign out Safari on iOS"]').trigger('click')
    await eventually(() => expect(notices.notices[0]?.message).toBe('Safari on iOS was signed out'))
    expect(requests.map(({ method }) => method)).toContain('DELETE')
  })

  it('takes one that has ended meanwhile for ended', async () => {
    serve({
      'GET /auth/sessions': collectionOf([elsewhere, aSession()]),
      'DELETE /auth/sessions/2': problem(404, 'This session has ended already'),
    })
    const { errors, notices, wrapper } = await openPage('/settings/security', { user: {} })
    await eventually(() => expect(wrapper.findAll('#sessions li')).toHaveLength(2))
    await wrapper.get('[aria-label="Sign out Safari on iOS"]').trigger('click')
    await eventually(() => expect(notices.notices).toHaveLength(1))
    expect(errors.errors).toEqual([])
  })

  it('calls a client by what it says of itself, if anything', async () => {
    const unknown = { current: false, device: { browser: null, system: null } }
    serve({
      'GET /auth/sessions': collectionOf([
        aSession({ ...unknown, id: 2, user_agent: 'python-httpx/0.28' }),
        aSession({ ...unknown, id: 3, user_agent: null }),
      ]),
    })
    const { wrapper } = await openPage('/settings/security', { user: {} })
    await eventually(() => expect(wrapper.get('#sessions').text()).toContain('python-httpx/0.28'))
    expect(wrapper.get('#sessions').text()).toContain('Unknown device')
  })

  it('offers to end all others only when there are any', async () => {
    const { has, wrapper } = await openPage('/settings/security', { user: {} })
    await eventually(() => expect(wrapper.findAll('#sessions li')).toHaveLength(1))
    expect(has('end-other-sessions')).toBe(false)
  })
})

describe('accounts elsewhere', () => {
  it('lead to the provider to be connected', async () => {
    serve({
      'GET /auth/oidc': collectionOf([{ name: 'acme', title: 'Acme' }]),
      'POST /auth/oidc/acme/link': { url: 'https://acme.example/authorize' },
    })
    const assign = vi.spyOn(location, 'assign').mockImplementation(() => undefined)
    const { wrapper } = await openPage('/settings/security', { user: {} })
    await eventually(() => expect(wrapper.find('[aria-label="Connect Acme"]').exists()).toBe(true))
    await wrapper.get('[aria-label="Connect Acme"]').trigger('click')
    await eventually(() => expect(assign).toHaveBeenCalledWith('https://acme.example/authorize'))
  })

  it.each([
    ['linked=acme', 'Acme is connected', ''],
    ['error=identity_taken', undefined, 'connected to someone else here already'],
  ])('tell what came of it: %s', async (query, notice, refusal) => {
    serve({ 'GET /auth/oidc': collectionOf([{ name: 'acme', title: 'Acme' }]) })
    const { alert, notices, router, wrapper } = await openPage(`/settings?${query}`, { user: {} })
    await eventually(() => expect(wrapper.find('#connections').exists()).toBe(true))
    await eventually(() =>
      expect(router.currentRoute.value.fullPath).toBe('/settings/security#connections'),
    )
    expect(notices.notices[0]?.message).toBe(notice)
    expect(alert()).toContain(refusal)
  })
})
