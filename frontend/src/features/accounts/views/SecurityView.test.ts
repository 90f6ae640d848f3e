import { HttpResponse } from 'msw'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PasskeyRead } from '@/api/generated/types.gen'
import {
  eventually,
  openPage,
  problem,
  serve,
  someFactors,
  wantsProof,
  withPasskeys,
} from '../testing'

const CODES = Array.from({ length: 10 }, (_, n) => `code-${n}`)
const nothing = () => new HttpResponse(null, { status: 204 })

const aPasskey = (changes: Partial<PasskeyRead> = {}): PasskeyRead => ({
  id: 7,
  name: 'My phone',
  created_at: '2026-01-01T00:00:00Z',
  last_used_at: null,
  ...changes,
})

afterEach(() => vi.unstubAllGlobals())

async function openSecurity() {
  const page = await openPage('/settings/security', { user: {} })
  await eventually(() => expect(page.has('two-factor-status')).toBe(true))
  const press = (testId: string) => page.byTestId(testId).trigger('click')
  return {
    ...page,
    press,
    send: (testId: string) => page.byTestId(testId).element.closest('form')!.requestSubmit(),
    /** Presses the button with this text, of the dialog in front. */
    confirm: (text: string) =>
      page.wrapper
        .findAll('dialog[open] button')
        .filter((button) => button.text() === text)
        .at(-1)!
        .trigger('click'),
    dialog: () => page.wrapper.findAll('dialog[open]').at(-1)?.text() ?? '',
  }
}

describe('an authenticator app', () => {
  it('is set up by a picture, or by hand, and its first code', async () => {
    let totp = false
    const requests = serve({
      'GET /auth/two-factor': () => someFactors({ totp, recovery_codes_left: totp ? 10 : 0 }),
      'POST /auth/totp': { secret: 'ABCDEFGHIJ', uri: 'otpauth://', qr: 'data:image/svg+xml,x' },
      'POST /auth/totp/confirm': () => {
        totp = true
        return { recovery_codes: CODES }
      },
    })
    const { byTestId, fill, has, press, send, wrapper } = await openSecurity()
    expect(byTestId('two-factor-status').text()).toBe('Off')
    await press('set-up-totp')
    await eventually(() => expect(byTestId('totp-secret').text()).toBe('ABCD EFGH IJ'))
    expect(wrapper.get('img').attributes('src')).toBe('data:image/svg+xml,x')
    await fill({ 'totp-code': '123456' })
    send('totp-code')
    await eventually(() => expect(byTestId('two-factor-status').text()).toBe('On'))
    expect(requests.find(({ path }) => path === '/auth/totp/confirm')?.body).toEqual({
      code: '123456',
    })
    const shown = byTestId('recovery-codes').findAll('li')
    expect(shown.map((item) => item.text())).toEqual(CODES)
    expect(wrapper.text()).toContain('10 left')
    await press('codes-kept')
    expect(has('recovery-codes')).toBe(false)
  })

  it('stays as it was when the first code is wrong', async () => {
    serve({
      'POST /auth/totp': { secret: 'ABCD', uri: 'otpauth://', qr: 'data:,' },
      'POST /auth/totp/confirm': problem(400, 'Wrong', { code: 'This code is not right' }),
    })
    const { errorAt, fill, has, press, send } = await openSecurity()
    await press('set-up-totp')
    await eventually(() => expect(has('totp-code')).toBe(true))
    await fill({ 'totp-code': '000000' })
    send('totp-code')
    await eventually(() => expect(errorAt('totp-code')).toBe('This code is not right'))
  })

  it('is turned off once that is confirmed', async () => {
    const requests = serve({
      'GET /auth/two-factor': someFactors({ totp: true, recovery_codes_left: 10 }),
      'DELETE /auth/totp': nothing,
    })
    const { confirm, notices, press } = await openSecurity()
    await press('remove-totp')
    await confirm('Turn off')
    await eventually(() => expect(notices.notices[0]?.message).toContain('turned off'))
    expect(requests.map(({ method }) => method)).toContain('DELETE')
  })
})

describe('recovery codes', () => {
  it.each([
    [10, ''],
    [3, 'Only a few are left.'],
    [0, 'nothing lets you in'],
  ])('of which %i are left: %j', async (left, warning) => {
    serve({ 'GET /auth/two-factor': someFactors({ totp: true, recovery_codes_left: left }) })
    const { wrapper } = await openSecurity()
    const section = wrapper.get('#two-factor').text()
    expect(section).toContain(left ? `${left} left` : 'None left')
    expect(section).toContain(warning)
    expect(section.includes('Only a few')).toBe(left === 3)
  })

  it('are not there without a second factor', async () => {
    expect((await openSecurity()).has('make-recovery-codes')).toBe(false)
  })
})

describe('a proof that the server wants', () => {
  async function openAsked(...methods: Parameters<typeof wantsProof>) {
    let isProved = false
    const requests = serve({
      'GET /auth/two-factor': someFactors({ totp: true, recovery_codes_left: 5 }),
      'POST /auth/recovery-codes': () =>
        isProved ? { recovery_codes: CODES } : wantsProof(...methods),
      'POST /auth/reauthenticate': () => {
        isProved = true
        return { success: true }
      },
    })
    const page = await openSecurity()
    await page.press('make-recovery-codes')
    await page.confirm('Make codes')
    await eventually(() => expect(page.dialog()).toContain("confirm that it's you"))
    return { ...page, requests }
  }

  it('is asked for, sent, and then what was wanted is done', async () => {
    const { fill, has, requests, send } = await openAsked('totp', 'recovery')
    await fill({ code: '123456' })
    send('code')
    await eventually(() => expect(has('recovery-codes')).toBe(true))
    expect(requests.find(({ path }) => path === '/auth/reauthenticate')?.body).toEqual({
      method: 'totp',
      code: '123456',
    })
  })

  it('may be the password', async () => {
    const { fill, has, requests, send } = await openAsked('password')
    await fill({ 'proof-password': 'Tsubaki-7-kaze' })
    send('proof-password')
    await eventually(() => expect(has('recovery-codes')).toBe(true))
    expect(requests.find(({ path }) => path === '/auth/reauthenticate')?.body).toEqual({
      method: 'password',
      password: 'Tsubaki-7-kaze',
    })
  })

  it('may be called off, and that is no error', async () => {
    const { alert, confirm, dialog, errors, has } = await openAsked('totp')
    await confirm('Cancel')
    await eventually(() => expect(dialog()).not.toContain("confirm that it's you"))
    expect([alert(), errors.errors, has('recovery-codes')]).toEqual(['', [], false])
  })

  it('is not asked for any more by who left the page meanwhile', async () => {
    const { dialog, errors, has, router } = await openAsked('totp')
    await router.push('/settings')
    await router.push('/settings/security')
    await eventually(() => expect(has('two-factor-status')).toBe(true))
    expect(dialog()).not.toContain("confirm that it's you")
    expect(errors.errors).toEqual([])
  })

  it('that is wrong can be corrected', async () => {
    const { errorAt, fill, send } = await openAsked('totp')
    const text = 'This code is not right'
    serve({ 'POST /auth/reauthenticate': problem(400, text, { code: text }) })
    await fill({ code: '000000' })
    send('code')
    await eventually(() => expect(errorAt('code')).toBe(text))
  })

  it('that nothing gives is a new sign-in', async () => {
    serve({ 'POST /auth/logout': { success: true } })
    const { confirm, session } = await openAsked()
    await confirm('Sign in again')
    await eventually(() => expect(session.isSignedIn).toBe(false))
  })
})

describe('passkeys', () => {
  it('are added under the name of this device, and then named', async () => {
    withPasskeys()
    const requests = serve({
      'POST /auth/passkeys/registration-options': {
        token: 'c1',
        options: { challenge: 'AQ', user: { id: 'AQ' } },
      },
      'POST /auth/passkeys': ({ body }) => aPasskey({ name: (body as PasskeyRead).name }),
      'PATCH /auth/passkeys/7': aPasskey(),
    })
    const { byTestId, dialog, fill, has, press, send } = await openSecurity()
    await eventually(() => expect(has('add-passkey')).toBe(true))
    await press('add-passkey')
    await eventually(() => expect(dialog()).toContain('Your passkey is ready'))
    expect((byTestId('passkey-name').element as HTMLInputElement).value).toBe('Firefox on Windows')
    await fill({ 'passkey-name': 'My phone' })
    send('passkey-name')
    await eventually(() => expect(dialog()).toBe(''))
    expect(requests.find(({ path }) => path === '/auth/passkeys')?.body).toMatchObject({
      token: 'c1',
      name: 'Firefox on Windows',
      credential: { id: 'AQ' },
    })
    expect(requests.at(-1)?.body).toEqual({ name: 'My phone' })
  })

  it('can not be added where the browser has none, and that is said', async () => {
    const { has, wrapper } = await openSecurity()
    expect(has('add-passkey')).toBe(false)
    expect(wrapper.get('#passkeys').text()).toContain("can't be added here")
  })

  it('are removed once that is confirmed; the last way in is not', async () => {
    serve({
      'GET /auth/two-factor': someFactors({ passkeys: [aPasskey()] }),
      'DELETE /auth/passkeys/7': problem(409, 'Nothing else would open your account'),
    })
    const { alert, confirm, wrapper } = await openSecurity()
    await wrapper.get('[aria-label="Remove My phone"]').trigger('click')
    await confirm('Remove passkey')
    await eventually(() => expect(alert()).toBe('Nothing else would open your account'))
  })
})
