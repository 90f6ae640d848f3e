import { HttpResponse } from 'msw'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { token } from '@/api/instance'
import type { SecondFactorMethod } from '@/api/generated/types.gen'
import { tokenReply } from '@/testing/session'
import { collectionOf, eventually, openPage, problem, serve, withPasskeys } from '../testing'

const filled = { username: 'hanako', password: 'Tsubaki-7-kaze' }

const challenge = (...methods: SecondFactorMethod[]) => ({
  mfa_required: true,
  mfa_token: 'half',
  methods,
})

function refused(message: string, reason: string) {
  const error = { id: 'e', code: 'UNAUTHORIZED', message, details: { reason }, timestamp: '' }
  return HttpResponse.json({ error }, { status: 401 })
}

afterEach(() => {
  vi.unstubAllGlobals()
  // The next test is another page load.
  token.set(null)
})

async function openSecondStep(...methods: SecondFactorMethod[]) {
  serve({ 'POST /auth/login': challenge(...methods) })
  const page = await openPage('/login')
  const { fill } = page
  await fill(filled)
  await page.submit()
  await eventually(() => expect(page.has('username')).toBe(false))
  return page
}

describe('the second factor', () => {
  it('is asked for after the password, and signs in', async () => {
    const requests = serve({ 'POST /auth/login/mfa': tokenReply('t1') })
    const { byTestId, fill, session, submit, wrapper } = await openSecondStep('totp')
    expect(session.isSignedIn).toBe(false)
    expect(wrapper.get('h1').text()).toBe('One more step')
    const code = byTestId('code')
    expect(code.attributes()).toMatchObject({ autocomplete: 'one-time-code', inputmode: 'numeric' })
    await eventually(() => expect(document.activeElement?.id).toBe(code.attributes('id')))
    await fill({ code: '123 456' })
    await submit()
    await eventually(() => expect(session.isSignedIn).toBe(true))
    expect(requests[0]?.body).toEqual({ mfa_token: 'half', method: 'totp', code: '123 456' })
  })

  it('may be a recovery code instead', async () => {
    const requests = serve({ 'POST /auth/login/mfa': tokenReply('t1') })
    const { byTestId, fill, session, submit } = await openSecondStep('totp', 'recovery')
    await byTestId('use-recovery-instead').trigger('click')
    expect(byTestId('code').attributes('autocomplete')).toBe('off')
    await fill({ code: '7k2m-9xqa-w4te-hb3d' })
    await submit()
    await eventually(() => expect(session.isSignedIn).toBe(true))
    expect(requests[0]?.body).toMatchObject({ method: 'recovery', code: '7k2m-9xqa-w4te-hb3d' })
  })

  it('may be a passkey, where the browser has any', async () => {
    withPasskeys()
    const requests = serve({
      'POST /auth/login/mfa/passkey-options': { options: { challenge: 'AQ' } },
      'POST /auth/login/mfa': tokenReply('t1'),
    })
    const { byTestId, session } = await openSecondStep('passkey', 'recovery')
    await byTestId('use-passkey').trigger('click')
    await eventually(() => expect(session.isSignedIn).toBe(true))
    expect(requests.at(-1)?.body).toMatchObject({ method: 'passkey', assertion: { id: 'AQ' } })
  })

  it('is not a passkey where the browser has none', async () => {
    const { has } = await openSecondStep('passkey', 'recovery')
    expect([has('use-passkey'), has('code')]).toEqual([false, true])
    const { wrapper } = await openSecondStep('passkey')
    expect(wrapper.text()).toContain("This browser can't use your passkeys here.")
  })

  it('can be corrected when it was wrong', async () => {
    serve({ 'POST /auth/login/mfa': refused('This code is not right', 'wrong_answer') })
    const { alert, byTestId, fill, submit } = await openSecondStep('totp')
    await fill({ code: '000000' })
    await submit()
    await eventually(() => expect(alert()).toBe('This code is not right'))
    expect(document.activeElement?.id).toBe(byTestId('code').attributes('id'))
  })

  it('that took too long leads back to the password, and says so', async () => {
    serve({ 'POST /auth/login/mfa': refused('This sign-in took too long', 'sign_in_expired') })
    const { alert, fill, has, submit } = await openSecondStep('totp')
    await fill({ code: '000000' })
    await submit()
    await eventually(() => expect(has('username')).toBe(true))
    expect(alert()).toBe('This sign-in took too long')
  })

  it('can be left', async () => {
    const { button, has } = await openSecondStep('totp')
    await button('Sign in as someone else').trigger('click')
    expect(has('username')).toBe(true)
  })
})

describe('a passkey alone', () => {
  it('signs in', async () => {
    withPasskeys()
    const requests = serve({
      'POST /auth/passkeys/options': { token: 'c1', options: { challenge: 'AQ' } },
      'POST /auth/passkeys/login': tokenReply('t1'),
    })
    const { byTestId, session } = await openPage('/login')
    await byTestId('passkey-login').trigger('click')
    await eventually(() => expect(session.isSignedIn).toBe(true))
    expect(requests.at(-1)?.body).toMatchObject({ token: 'c1', assertion: { id: 'AQ' } })
  })

  it('that is refused says so beside the button', async () => {
    withPasskeys()
    serve({
      'POST /auth/passkeys/options': { token: 'c1', options: { challenge: 'AQ' } },
      'POST /auth/passkeys/login': problem(401, 'This passkey could not be verified'),
    })
    const { alert, byTestId, errors } = await openPage('/login')
    await byTestId('passkey-login').trigger('click')
    await eventually(() => expect(alert()).toBe('This passkey could not be verified'))
    expect(errors.errors).toEqual([])
  })

  it('that someone thinks better of is no error', async () => {
    withPasskeys(() => Promise.reject(new DOMException('', 'NotAllowedError')))
    serve({ 'POST /auth/passkeys/options': { token: 'c1', options: { challenge: 'AQ' } } })
    const { alert, byTestId, errors } = await openPage('/login')
    await byTestId('passkey-login').trigger('click')
    await eventually(() =>
      expect(byTestId('passkey-login').attributes('aria-busy')).toBe(undefined),
    )
    expect([alert(), errors.errors]).toEqual(['', []])
  })

  it('is not offered where the browser has none', async () => {
    expect((await openPage('/login')).has('passkey-login')).toBe(false)
  })
})

describe('a provider', () => {
  it('is a link that keeps the way back', async () => {
    serve({ 'GET /auth/oidc': collectionOf([{ name: 'acme', title: 'Acme' }]) })
    const { byTestId, has } = await openPage('/login?redirect=/items?tag=a')
    await eventually(() => expect(has('provider-acme')).toBe(true))
    const link = byTestId('provider-acme')
    expect(link.text()).toBe('Continue with Acme')
    const url = new URL(link.attributes('href')!, location.href)
    expect(url.pathname).toBe('/api/v1/auth/oidc/acme/start')
    expect(url.searchParams.get('redirect')).toBe('/items?tag=a')
  })

  it('leaves whoever comes back signed in', async () => {
    const requests = serve({ 'POST /auth/refresh': tokenReply('t1') })
    const { router } = await openPage('/login?redirect=/items#signed-in')
    expect(requests).toHaveLength(1)
    expect(localStorage.getItem('musubi.was-signed-in')).toBe('1')
    expect(router.currentRoute.value.fullPath).toBe('/login?redirect=/items')
  })

  it('may leave the second factor to be asked for; its token leaves the address', async () => {
    const requests = serve({ 'POST /auth/login/mfa': tokenReply('t1') })
    const { fill, router, session, submit } = await openPage(
      '/login#mfa=half&methods=totp,recovery,unheard-of&redirect=/items',
    )
    expect(router.currentRoute.value.fullPath).toBe('/login?redirect=/items')
    await fill({ code: '123456' })
    await submit()
    await eventually(() => expect(session.isSignedIn).toBe(true))
    expect(requests[0]?.body).toMatchObject({ mfa_token: 'half', method: 'totp' })
  })

  it.each([
    ['cancelled', 'you cancelled it there'],
    ['account_exists', 'There is an account with your e-mail address already.'],
    ['unheard_of', "That didn't work"],
  ])('that refuses (%s) is told about once', async (code, text) => {
    const { alert, router } = await openPage(`/login?redirect=/items&error=${code}`)
    expect(alert()).toContain(text)
    await eventually(() =>
      expect(router.currentRoute.value.fullPath).toBe('/login?redirect=/items'),
    )
    expect(alert()).toContain(text)
  })
})
