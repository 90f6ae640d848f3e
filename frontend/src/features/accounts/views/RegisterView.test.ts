import { describe, expect, it } from 'vitest'
import { tokenReply } from '@/testing/session'
import { eventually, openPage, problem, serve } from '../testing'

const filled = { username: 'hanako', email: 'hanako@example.com', password: 'Tsubaki-7-kaze' }

describe('the registration', () => {
  it('asks for three things, sends them, and signs in', async () => {
    const requests = serve({ 'POST /auth/register': tokenReply('t1') })
    const { fill, submit, wrapper, session } = await openPage('/register')
    expect(wrapper.findAll('input')).toHaveLength(3)
    await fill(filled)
    await submit()
    await eventually(() => expect(session.isSignedIn).toBe(true))
    expect(requests.map(({ body }) => body)).toEqual([filled])
  })

  it('lets the browser propose a password and remember the name', async () => {
    const { byTestId } = await openPage('/register')
    expect(byTestId('username').attributes('autocomplete')).toBe('username')
    expect(byTestId('email').attributes('autocomplete')).toBe('email')
    expect(byTestId('password').attributes('autocomplete')).toBe('new-password')
  })

  it("checks by the contract's rules before anything is sent", async () => {
    const requests = serve({ 'POST /auth/register': tokenReply('t1') })
    const { byTestId, errorAt, fill, submit } = await openPage('/register')
    await fill({ username: 'ha nako', email: 'hanako', password: 'hanako' })
    await submit()
    await eventually(() => expect(errorAt('username')).toContain('not allowed'))
    expect(errorAt('email')).toContain('e-mail address')
    expect(errorAt('password')).toContain('8 to 100 characters')
    await eventually(() =>
      expect(document.activeElement?.id).toBe(byTestId('username').attributes('id')),
    )
    expect(requests).toEqual([])
  })

  it.each([
    [422, { password: 'This password is one of the first that an attacker tries' }],
    [409, { username: 'This name is already taken' }],
    [409, { username: 'This name is already taken', email: 'This address is already in use' }],
  ])('shows what a %i says at its fields: %j', async (status, fields) => {
    serve({ 'POST /auth/register': problem(status, 'No', fields as Record<string, string>) })
    const { alert, errorAt, fill, submit, errors } = await openPage('/register')
    await fill(filled)
    await submit()
    const [first] = Object.entries(fields)
    await eventually(() => expect(errorAt(first![0])).toBe(first![1]))
    for (const [field, text] of Object.entries(fields)) expect(errorAt(field)).toBe(text)
    expect(alert()).toBe('')
    expect(errors.errors).toEqual([])
  })

  it('says so where registration is closed', async () => {
    serve({ 'POST /auth/register': problem(403, 'Registration is closed') })
    const { alert, fill, has, submit } = await openPage('/register')
    await fill(filled)
    await submit()
    await eventually(() => expect(alert()).toContain('Registration is closed'))
    expect(alert()).toContain('ask')
    expect(has('register-button')).toBe(false)
  })

  it('shows a refusal without fields above the form', async () => {
    serve({ 'POST /auth/register': problem(409, 'This name or address is already taken') })
    const { alert, fill, has, submit } = await openPage('/register')
    await fill(filled)
    await submit()
    await eventually(() => expect(alert()).toBe('This name or address is already taken'))
    expect(has('register-button')).toBe(true)
  })
})
