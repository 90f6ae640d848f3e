import { describe, expect, it } from 'vitest'
import { eventually, openPage, problem, serve } from '../testing'

const LINK = '/reset-password#token=from-the-mail'
const PASSWORD = { 'new-password': 'Tsubaki-7-kaze' }

describe('the link of a mail', () => {
  it('sets a new password, and leaves the address at once', async () => {
    const requests = serve({ 'POST /auth/reset-password': { success: true } })
    const { byTestId, fill, has, router, submit } = await openPage(LINK)
    expect(router.currentRoute.value.fullPath).toBe('/reset-password')
    expect(byTestId('new-password').attributes('autocomplete')).toBe('new-password')
    await fill(PASSWORD)
    await submit()
    await eventually(() => expect(has('to-login')).toBe(true))
    expect(requests[0]?.body).toEqual({ token: 'from-the-mail', new_password: 'Tsubaki-7-kaze' })
  })

  it('signs out whoever is signed in here', async () => {
    serve({
      'POST /auth/reset-password': { success: true },
      'POST /auth/logout': problem(401, 'Over'),
    })
    const { fill, session, submit } = await openPage(LINK, { user: {} })
    await fill(PASSWORD)
    await submit()
    await eventually(() => expect(session.isSignedIn).toBe(false))
  })

  it('that is used up leads to a new one', async () => {
    serve({ 'POST /auth/reset-password': problem(400, 'Not valid any more') })
    const { alert, fill, submit, wrapper } = await openPage(LINK)
    await fill(PASSWORD)
    await submit()
    await eventually(() => expect(alert()).toContain('This link is no longer valid'))
    expect(wrapper.findAll('a').map((link) => link.attributes('href'))).toContain(
      '/forgot-password',
    )
  })

  it('is not used up by a password that is too common', async () => {
    const text = 'This password is one of the first that anyone tries'
    serve({ 'POST /auth/reset-password': problem(422, 'No', { new_password: text }) })
    const { errorAt, fill, submit } = await openPage(LINK)
    await fill(PASSWORD)
    await submit()
    await eventually(() => expect(errorAt('new-password')).toBe(text))
  })

  it('is needed', async () => {
    const { alert, has } = await openPage('/reset-password')
    expect(alert()).toContain('Please open the link from the mail')
    expect(has('new-password')).toBe(false)
  })
})
