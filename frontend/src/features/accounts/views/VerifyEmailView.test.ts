import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { sessionUser } from '@/testing/session'
import { eventually, openPage, problem, serve } from '../testing'

const LINK = '/verify-email#token=from-the-mail'
const BAD = problem(400, 'This link is not valid any more')

describe('the link that confirms an address', () => {
  it('does so by itself, and leaves the address at once', async () => {
    const requests = serve({ 'POST /auth/verify-email': { success: true } })
    const { router, wrapper } = await openPage(LINK)
    await eventually(() => expect(wrapper.get('[role="status"]').text()).toContain('is confirmed'))
    expect(router.currentRoute.value.fullPath).toBe('/verify-email')
    expect(requests.map(({ body }) => body)).toEqual([{ token: 'from-the-mail' }])
  })

  it('tells the account that is signed in here', async () => {
    serve({
      'POST /auth/verify-email': { success: true },
      'GET /users/me': sessionUser({ email_verified: true }),
    })
    const { session } = await openPage(LINK, { user: { email_verified: false } })
    await eventually(() => expect(session.user?.email_verified).toBe(true))
  })

  it('that is used up leads to the settings for a new one', async () => {
    serve({ 'POST /auth/verify-email': BAD })
    const { alert, wrapper } = await openPage(LINK, { user: { email_verified: false } })
    await eventually(() => expect(alert()).toContain('This link is no longer valid'))
    expect(wrapper.get('main a, section a').attributes('href')).toBe('/settings#email')
  })

  it('followed a second time says that all is well', async () => {
    serve({ 'POST /auth/verify-email': BAD })
    const { has } = await openPage(LINK, { user: { email_verified: true } })
    await eventually(() => expect(has('go-on')).toBe(true))
  })

  it('can be tried again when the connection was lost', async () => {
    let answer: HttpResponse<never> | object = HttpResponse.error()
    serve({ 'POST /auth/verify-email': () => answer as never })
    const { alert, button, has } = await openPage(LINK)
    await eventually(() => expect(alert()).toContain('Network Error'))
    answer = { success: true }
    await button('Try again').trigger('click')
    await eventually(() => expect(has('go-on')).toBe(true))
  })

  it('is needed', async () => {
    const { alert } = await openPage('/verify-email')
    expect(alert()).toContain('Please open the link from the mail')
  })
})
