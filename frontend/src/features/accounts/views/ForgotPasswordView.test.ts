import { describe, expect, it } from 'vitest'
import { eventually, openPage, problem, serve } from '../testing'

describe('a forgotten password', () => {
  it('is answered in the same way whoever asks', async () => {
    const requests = serve({ 'POST /auth/forgot-password': { success: true } })
    const { fill, submit, wrapper } = await openPage('/forgot-password')
    await fill({ email: 'hanako@example.com' })
    await submit()
    await eventually(() => expect(wrapper.get('[role="status"]').text()).toContain('inbox'))
    expect(wrapper.text()).toContain('If hanako@example.com belongs to an account')
    expect(requests[0]?.body).toEqual({ email: 'hanako@example.com' })
  })

  it('can be asked about with another address', async () => {
    serve({ 'POST /auth/forgot-password': { success: true } })
    const { byTestId, fill, has, submit } = await openPage('/forgot-password')
    await fill({ email: 'hanako@example.com' })
    await submit()
    await eventually(() => expect(has('ask-again')).toBe(true))
    await byTestId('ask-again').trigger('click')
    expect(has('email')).toBe(true)
  })

  it('asks for an address before it asks the server', async () => {
    const requests = serve({ 'POST /auth/forgot-password': { success: true } })
    const { errorAt, fill, submit } = await openPage('/forgot-password')
    await fill({ email: 'hanako' })
    await submit()
    await eventually(() => expect(errorAt('email')).toBe('Please enter an e-mail address.'))
    expect(requests).toEqual([])
  })

  it('says above the form that it was asked too often', async () => {
    serve({ 'POST /auth/forgot-password': problem(429, 'Too many requests') })
    const { alert, fill, submit } = await openPage('/forgot-password')
    await fill({ email: 'hanako@example.com' })
    await submit()
    await eventually(() => expect(alert()).toBe('Too many requests'))
  })

  it('keeps the way back', async () => {
    const { wrapper } = await openPage('/forgot-password?redirect=/items/7')
    const links = wrapper.findAll('a').map((link) => link.attributes('href'))
    expect(links).toContain('/login?redirect=/items/7')
  })
})
