import { describe, expect, it } from 'vitest'
import {
  aSession,
  aSummary,
  aUser,
  collectionOf,
  eventually,
  openPage,
  problem,
  serve,
  SUPERUSER,
  WRITER,
} from '../testing'

type Answers = Parameters<typeof serve>[0]

async function openUser(account = aUser(), user: object = WRITER, answers: Answers = {}) {
  const path = `/users/${account.id}`
  const requests = serve({ [`GET ${path}`]: account, ...answers })
  const page = await openPage(`/admin${path}`, { user })
  await eventually(() => expect(page.has('factors')).toBe(true))
  const confirm = () =>
    page.wrapper.get('dialog[open] .modal-action button:last-child').trigger('click')
  const made = (method: string) => requests.filter((seen) => seen.method === method)
  return { ...page, confirm, made }
}

const done = { success: true, message: 'Done', timestamp: '' }
const phone = aSession({
  current: false,
  device: { browser: 'Safari', system: 'iOS' },
  address: '192.0.2.44',
})

describe('the sessions of a user', () => {
  it('are listed, and ended together once that is confirmed', async () => {
    let sessions = [phone]
    const { byTestId, confirm, has, made, notices, wrapper } = await openUser(aUser(), WRITER, {
      'GET /users/7/sessions': () => collectionOf(sessions),
      'DELETE /users/7/sessions': () => {
        sessions = []
        return done
      },
    })
    await eventually(() => expect(wrapper.text()).toContain('Safari on iOS'))
    expect(wrapper.text()).toContain('192.0.2.44')

    await byTestId('end-user-sessions').trigger('click')
    expect(wrapper.get('dialog[open]').text()).toContain('Sign Taro Sato out everywhere?')
    expect(made('DELETE')).toEqual([])
    await confirm()
    await eventually(() => expect(wrapper.text()).toContain('Not signed in anywhere.'))
    expect(notices.notices[0]?.message).toBe('Taro Sato was signed out everywhere')
    expect(has('end-user-sessions')).toBe(false)
  })

  it('of oneself take this one along', async () => {
    const { byTestId, confirm, session, wrapper } = await openUser(aUser({ id: 1 }), WRITER, {
      'GET /users/1/sessions': collectionOf([aSession()]),
      'DELETE /users/1/sessions': done,
      'POST /auth/logout': problem(401, 'Could not validate credentials'),
    })
    await eventually(() => byTestId('end-user-sessions'))
    await byTestId('end-user-sessions').trigger('click')
    expect(wrapper.get('dialog[open]').text()).toContain('you will be signed out here, too')
    await confirm()
    await eventually(() => expect(session.status).toBe('signed-out'))
  })

  it('say in the dialog why they were not ended', async () => {
    const { alert, byTestId, confirm } = await openUser(aUser(), WRITER, {
      'GET /users/7/sessions': collectionOf([phone]),
      'DELETE /users/7/sessions': problem(403, 'Only a superuser may do this'),
    })
    await eventually(() => byTestId('end-user-sessions'))
    await byTestId('end-user-sessions').trigger('click')
    await confirm()
    await eventually(() => expect(alert()).toContain('Only a superuser may do this'))
  })
})

describe('the second factors of a user', () => {
  it('are counted, and reset once it is clear what that means', async () => {
    let factors = aSummary({ totp: true, recovery_codes_left: 9, passkeys: 2 })
    const { byTestId, confirm, has, made, notices, wrapper } = await openUser(aUser(), WRITER, {
      'GET /users/7/two-factor': () => factors,
      'DELETE /users/7/two-factor': () => {
        factors = aSummary()
        return done
      },
    })
    expect(byTestId('factors').text()).toMatch(/On.*9.*2/su)
    await byTestId('reset-factors').trigger('click')
    expect(wrapper.get('dialog[open]').text()).toContain('the password alone is enough')
    expect(made('DELETE')).toEqual([])
    await confirm()
    await eventually(() => expect(has('reset-factors')).toBe(false))
    expect(notices.notices[0]?.message).toBe('The second factors of Taro Sato were removed')
    expect(wrapper.text()).toContain('Only the password is asked for.')
  })

  const protectedOne = { 'GET /users/:id/two-factor': aSummary({ totp: true }) }

  it.each([
    ['one who may only look', aUser(), { permissions: ['users:read'] }],
    ['an administrator, of a superuser', aUser({ is_superuser: true }), WRITER],
    ['anyone, of oneself', aUser({ id: 1 }), SUPERUSER],
  ])('are not reset by %s', async (_, account, user) => {
    const { has } = await openUser(account, user, protectedOne)
    expect(has('reset-factors')).toBe(false)
  })
})

it('the page says whether the address is confirmed', async () => {
  const { wrapper } = await openUser(aUser({ email_verified: true }))
  expect(wrapper.text()).toContain('E-mail confirmed')
  wrapper.unmount()
  const other = await openUser(aUser({ email_verified: false }))
  expect(other.wrapper.text()).toContain('E-mail not confirmed')
})
