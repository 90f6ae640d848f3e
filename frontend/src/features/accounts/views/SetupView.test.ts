import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { setupLink } from '../lib/linkTokens'
import { tokenReply } from '@/testing/session'
import { eventually, openPage, problem, serve } from '../testing'

const TOKEN = '71cae8fb3dd7ce10'
const filled = { username: 'hanako', email: 'hanako@example.com', password: 'Tsubaki-7-kaze' }
const needed = { 'GET /setup': { needed: true } }

async function openForm(answers: Parameters<typeof serve>[0] = {}) {
  const requests = serve({ ...needed, ...answers })
  const page = await openPage(`/setup#token=${TOKEN}`)
  await eventually(() => page.byTestId('setup-button'))
  return { ...page, requests }
}

describe('the set-up', () => {
  it('takes the token out of the address and keeps it nowhere', async () => {
    const { router, wrapper } = await openForm()
    expect(router.currentRoute.value.fullPath).toBe('/setup')
    expect(router.options.history.location).toBe('/setup')
    expect(JSON.stringify(router.options.history.state)).not.toContain(TOKEN)
    expect(wrapper.html()).not.toContain(TOKEN)
    const stored = [...Object.values(localStorage), ...Object.values(sessionStorage)].join()
    expect(stored).not.toContain(TOKEN)
  })

  it('makes the first superuser and goes on to the start page', async () => {
    const { fill, requests, router, submit, session } = await openForm({
      'POST /setup': () => HttpResponse.json(tokenReply('t1'), { status: 201 }),
    })
    await fill({ ...filled, 'full-name': '山田 花子' })
    await submit()
    await eventually(() => expect(router.currentRoute.value.path).toBe('/'))
    expect(requests.at(-1)?.body).toEqual({ ...filled, full_name: '山田 花子', token: TOKEN })
    expect(session.isSignedIn).toBe(true)
    expect(setupLink.token.value).toBeNull()
  })

  it('leaves out a name that was not given', async () => {
    const { fill, requests, submit } = await openForm({ 'POST /setup': tokenReply('t1') })
    await fill(filled)
    await submit()
    await eventually(() =>
      expect(requests.at(-1)?.body).toMatchObject({ ...filled, full_name: null }),
    )
  })

  it('explains where the link is when there is no token', async () => {
    serve(needed)
    const { alert, has } = await openPage('/setup')
    await eventually(() => expect(alert()).toContain('Please open the set-up link'))
    expect(alert()).toContain('musubi createsuperuser')
    expect(has('setup-button')).toBe(false)
  })

  it('explains a wrong token, and takes the right one when it comes', async () => {
    const { alert, fill, has, requests, router, submit } = await openForm({
      'POST /setup': problem(403, 'This link is not valid'),
    })
    await fill(filled)
    await submit()
    await eventually(() => expect(alert()).toContain('This set-up link is not valid'))
    expect(has('setup-button')).toBe(false)

    await router.push('/setup#token=another')
    expect(router.currentRoute.value.fullPath).toBe('/setup')
    await eventually(() => expect(has('setup-button')).toBe(true))
    await fill(filled)
    await submit()
    await eventually(() => expect(requests.at(-1)?.body).toMatchObject({ token: 'another' }))
  })

  it('leads to the login when it is done already', async () => {
    serve({ 'GET /setup': { needed: false } })
    const { has, wrapper } = await openPage(`/setup#token=${TOKEN}`)
    await eventually(() => expect(wrapper.text()).toContain('Musubi is already set up'))
    expect(wrapper.get('a').attributes('href')).toBe('/login')
    expect(has('setup-button')).toBe(false)
  })

  it('sees when someone else was quicker', async () => {
    let quicker = false
    const { fill, submit, wrapper } = await openForm({
      'GET /setup': () => ({ needed: !quicker }),
      'POST /setup': () => {
        quicker = true
        return problem(409, 'The first superuser exists already')
      },
    })
    await fill(filled)
    await submit()
    await eventually(() => expect(wrapper.text()).toContain('Musubi is already set up'))
  })

  it.each([
    [409, 'username', 'This name is already taken'],
    [422, 'password', 'This password is one of the first that an attacker tries'],
  ])('shows a %i at the field %s', async (status, field, text) => {
    const { errorAt, fill, submit } = await openForm({
      'POST /setup': problem(status, 'No', { [field]: text }),
    })
    await fill(filled)
    await submit()
    await eventually(() => expect(errorAt(field)).toBe(text))
  })

  it('offers another attempt when the server can not be asked', async () => {
    let failing = true
    serve({ 'GET /setup': () => (failing ? problem(503, 'x') : { needed: true }) })
    const { has, wrapper } = await openPage(`/setup#token=${TOKEN}`)
    await eventually(() => expect(wrapper.text()).toContain('temporarily unavailable'))
    failing = false
    await wrapper.get('button').trigger('click')
    await eventually(() => expect(has('setup-button')).toBe(true))
  })
})
