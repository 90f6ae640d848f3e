import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { usePreferencesStore } from '@/shared/stores/preferences'
import { sessionUser } from '@/testing/session'
import {
  collectionOf,
  eventually,
  openPage,
  problem,
  serve,
  someFactors,
  SUPERUSER,
} from '../testing'

const hanako = { full_name: '山田 花子', bio: 'Hello' }

async function openSettings(user = {}, path = '/settings') {
  const page = await openPage(path, { user: { ...hanako, ...user } })
  const press = (testId: string) =>
    page.wrapper
      .findAll('form')
      .find((form) => form.find(`[data-testid="${testId}"]`).exists())!
      .trigger('submit')
  return { ...page, press }
}

describe('the menu of the settings', () => {
  it('links to every page and section', async () => {
    const { wrapper } = await openSettings()
    await eventually(() =>
      expect(wrapper.findAll('nav a').map((link) => link.attributes('href'))).toEqual([
        '/settings',
        '/settings#profile',
        '/settings#email',
        '/settings/security',
        '/settings/security#password',
        '/settings/security#two-factor',
        '/settings/security#passkeys',
        '/settings/security#sessions',
        '/settings/appearance',
        '/settings/appearance#theme',
        '/settings/appearance#language',
        '/settings/data',
        '/settings/data#export',
        '/settings/data#import',
        '/settings/data#delete-account',
      ]),
    )
  })

  it('has accounts elsewhere only where there are any', async () => {
    serve({ 'GET /auth/oidc': collectionOf([{ name: 'acme', title: 'Acme' }]) })
    const { wrapper } = await openSettings({}, '/settings/security')
    await eventually(() => expect(wrapper.find('#connections').text()).toContain('Acme'))
    expect(wrapper.get('nav').text()).toContain('Connected accounts')
  })

  it.each([
    ['/settings#password', '/settings/security#password'],
    ['/settings#appearance', '/settings/appearance#theme'],
    ['/settings/appearance#email', '/settings#email'],
  ])('leads a link to %s to the page that has the section', async (from, to) => {
    const { router, wrapper } = await openSettings({}, from)
    expect(router.currentRoute.value.fullPath).toBe(to)
    const id = to.split('#')[1]!
    await eventually(() => expect(document.activeElement?.id).toBe(id))
    expect(wrapper.get('[aria-current="location"]').attributes('href')).toBe(to)
  })

  it('moves the focus along on the same page and to another one', async () => {
    const { router } = await openSettings()
    await router.push('/settings#email')
    await eventually(() => expect(document.activeElement?.id).toBe('email'))
    await router.push('/settings#language')
    await eventually(() => expect(document.activeElement?.id).toBe('language'))
  })

  it('is not harmed by a section that nobody knows', async () => {
    const { wrapper } = await openSettings({}, '/settings#<b>')
    expect(wrapper.get('h1').text()).toBe('Settings')
  })
})

describe('the e-mail address', () => {
  it('is marked, and its link is sent again on demand', async () => {
    const requests = serve({ 'POST /auth/verify-email/send': { success: true } })
    const { byTestId, notices, wrapper } = await openSettings({ email_verified: false })
    expect(wrapper.get('#email').text()).toMatch(/hanako@example\.com\s*Not confirmed yet/u)
    await byTestId('send-verification').trigger('click')
    await eventually(() => expect(notices.notices[0]?.message).toContain('hanako@example.com'))
    expect(requests).toHaveLength(1)
  })

  it('needs nothing once it is confirmed', async () => {
    const { has, wrapper } = await openSettings({ email_verified: true })
    expect(wrapper.get('#email').text()).toContain('Confirmed')
    expect(has('send-verification')).toBe(false)
  })
})

describe('the profile', () => {
  it('shows what only an administrator changes', async () => {
    const { wrapper } = await openSettings(SUPERUSER)
    expect(wrapper.get('#profile dl').text()).toMatch(/hanako.*Administrator\s+Superuser/su)
  })

  it('saves the name and the text, and takes over what was saved', async () => {
    const requests = serve({
      'PATCH /users/me': ({ body }) => sessionUser(body as object),
    })
    const { fill, press, notices, session } = await openSettings()
    await fill({ 'full-name': '佐藤 花子', bio: '  ' })
    await press('save-profile')
    await eventually(() => expect(session.user?.full_name).toBe('佐藤 花子'))
    expect(requests[0]?.body).toEqual({ full_name: '佐藤 花子', bio: null })
    await eventually(() => expect(notices.notices[0]?.message).toBe('Saved'))
  })

  it('shows a 422 at its field', async () => {
    serve({ 'PATCH /users/me': problem(422, 'No', { full_name: 'Too strange' }) })
    const { errorAt, press } = await openSettings()
    await press('save-profile')
    await eventually(() => expect(errorAt('full-name')).toBe('Too strange'))
  })

  it('measures before it sends', async () => {
    const requests = serve({ 'PATCH /users/me': {} })
    const { errorAt, fill, press } = await openSettings()
    await fill({ bio: 'あ'.repeat(1001) })
    await press('save-profile')
    await eventually(() => expect(errorAt('bio')).toBe('At most 1000 characters.'))
    expect(requests).toEqual([])
  })
})

describe('the password', () => {
  const change = { 'current-password': 'Old-pass-1', 'new-password': 'Tsubaki-7-kaze' }

  it('is changed, the fields are emptied, and one hears about the other devices', async () => {
    const requests = serve({ 'POST /users/me/password': { success: true } })
    const { byTestId, fill, press, notices } = await openSettings({}, '/settings/security')
    expect(byTestId('new-password').attributes('autocomplete')).toBe('new-password')
    expect(byTestId('current-password').attributes('autocomplete')).toBe('current-password')
    await fill(change)
    await press('change-password')
    await eventually(() =>
      expect(notices.notices[0]?.message).toContain('other devices were signed out'),
    )
    expect(requests[0]?.body).toEqual({
      current_password: 'Old-pass-1',
      new_password: 'Tsubaki-7-kaze',
    })
    for (const field of Object.keys(change)) {
      expect((byTestId(field).element as HTMLInputElement).value).toBe('')
    }
  })

  it.each([
    [400, 'current_password', 'current-password', 'The current password is not correct'],
    [422, 'new_password', 'new-password', 'This password is one of the first'],
  ])('shows a %i at %s', async (status, field, testId, text) => {
    serve({ 'POST /users/me/password': problem(status, text, { [field]: text }) })
    const { alert, errorAt, fill, press, errors } = await openSettings({}, '/settings/security')
    await fill(change)
    await press('change-password')
    await eventually(() => expect(errorAt(testId)).toBe(text))
    expect(alert()).toBe('')
    expect(errors.errors).toEqual([])
  })

  it('is checked by its rule before it is sent', async () => {
    const requests = serve({ 'POST /users/me/password': HttpResponse.json({}) })
    const { errorAt, fill, press } = await openSettings({}, '/settings/security')
    await fill({ 'new-password': 'short' })
    await press('change-password')
    await eventually(() => expect(errorAt('new-password')).toContain('8 to 100 characters'))
    expect(errorAt('current-password')).toBe('Please fill this in.')
    expect(requests).toEqual([])
  })

  it('that there is none of yet is asked for by mail', async () => {
    const requests = serve({
      'GET /auth/two-factor': someFactors({ has_password: false }),
      'POST /auth/forgot-password': { success: true },
    })
    const { byTestId, has, notices } = await openSettings({}, '/settings/security')
    await eventually(() => expect(has('request-password')).toBe(true))
    expect(has('current-password')).toBe(false)
    await byTestId('request-password').trigger('click')
    await eventually(() => expect(notices.notices[0]?.message).toContain('hanako@example.com'))
    expect(requests.at(-1)?.body).toEqual({ email: 'hanako@example.com' })
  })
})

describe('the choices of this browser', () => {
  it('are the theme and the language, and apply at once', async () => {
    const { wrapper } = await openSettings({}, '/settings/appearance')
    const preferences = usePreferencesStore()
    await wrapper.get('input[name="theme"][value="sumi"]').setValue()
    expect(preferences.theme).toBe('sumi')
    await wrapper.get('input[name="language"][value="ja"]').setValue()
    expect(preferences.language).toBe('ja')
    expect(wrapper.get('[lang="ja"]').text()).toBe('日本語')
  })
})
