import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { tokenReply } from '@/testing/session'
import { eventually, openPage, problem, serve } from '../testing'

const filled = { username: 'hanako@example.com', password: 'Tsubaki-7-kaze' }

describe('the login', () => {
  it('signs in by name or address', async () => {
    const requests = serve({ 'POST /auth/login': tokenReply('t1') })
    const { fill, submit, session } = await openPage('/login')
    await fill(filled)
    await submit()
    await eventually(() => expect(session.isSignedIn).toBe(true))
    expect(requests[0]?.body).toMatchObject(filled)
  })

  it('helps the browser to fill it in, and says that an address does as well', async () => {
    const { byTestId, wrapper } = await openPage('/login')
    expect(byTestId('username').attributes('autocomplete')).toBe('username')
    expect(byTestId('password').attributes('autocomplete')).toBe('current-password')
    expect(wrapper.get('label').text()).toBe('Username or e-mail')
  })

  it('shows the password on demand', async () => {
    const { byTestId, wrapper } = await openPage('/login')
    await wrapper.get('[aria-label="Show password"]').trigger('click')
    expect(byTestId('password').attributes('type')).toBe('text')
    await wrapper.get('[aria-label="Hide password"]').trigger('click')
    expect(byTestId('password').attributes('type')).toBe('password')
  })

  it('asks for what is missing without asking the server', async () => {
    const requests = serve({ 'POST /auth/login': tokenReply('t1') })
    const { errorAt, submit } = await openPage('/login')
    await submit()
    await eventually(() => expect(errorAt('password')).toBe('Please fill this in.'))
    expect(errorAt('username')).toBe('Please fill this in.')
    expect(requests).toEqual([])
  })

  it.each([
    [401, 'Incorrect username or password'],
    [400, 'This account is disabled'],
    [429, 'Too many attempts'],
  ])('shows a %i above the form, and keeps the password to be corrected', async (status, text) => {
    serve({ 'POST /auth/login': problem(status, text) })
    const { alert, byTestId, fill, submit, errors } = await openPage('/login')
    await fill(filled)
    await submit()
    await eventually(() => expect(alert()).toBe(text))
    const password = byTestId('password').element as HTMLInputElement
    expect(password.value).toBe(filled.password)
    expect(document.activeElement?.id).toBe(password.id)
    expect([password.selectionStart, password.selectionEnd]).toEqual([0, filled.password.length])
    expect(errors.errors).toEqual([])
  })

  it('says the same thing again at the next attempt, so that it is heard again', async () => {
    let answer = problem(401, 'Incorrect username or password')
    serve({ 'POST /auth/login': () => answer })
    const { alert, fill, submit } = await openPage('/login')
    await fill(filled)
    await submit()
    await eventually(() => expect(alert()).not.toBe(''))
    answer = HttpResponse.json(tokenReply('t1')) as never
    await submit()
    await eventually(() => expect(alert()).toBe(''))
  })

  it.each([
    ['a lost connection', HttpResponse.error(), 'NETWORK_ERROR'],
    ['a failing server', problem(503, 'x'), 'SERVER_ERROR'],
  ])('leaves %s to a notification', async (_, reply, code) => {
    serve({ 'POST /auth/login': reply })
    const { alert, fill, submit, errors } = await openPage('/login')
    await fill(filled)
    await submit()
    await eventually(() => expect(errors.globalError?.code).toBe(code))
    expect(alert()).toBe('')
  })

  it('takes the way back along to the registration', async () => {
    const { wrapper } = await openPage('/login?redirect=/items/7')
    const link = wrapper.findAll('a').find((anchor) => anchor.text() === 'Create an account')
    expect(link?.attributes('href')).toBe('/register?redirect=/items/7')
  })
})
