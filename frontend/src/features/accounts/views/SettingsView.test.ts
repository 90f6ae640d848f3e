import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { usePreferencesStore } from '@/shared/stores/preferences'
import { sessionUser } from '@/testing/session'
import { eventually, openPage, problem, serve, SUPERUSER } from '../testing'

const hanako = { full_name: '山田 花子', bio: 'Hello' }

async function openSettings(user = {}) {
  const page = await openPage('/settings', { user: { ...hanako, ...user } })
  const press = (testId: string) =>
    page.wrapper
      .findAll('form')
      .find((form) => form.find(`[data-testid="${testId}"]`).exists())!
      .trigger('submit')
  return { ...page, press }
}

describe('the sections of the settings', () => {
  it('each have a link of their own', async () => {
    const { wrapper } = await openSettings()
    const links = wrapper.findAll('nav a').map((link) => link.attributes('href'))
    expect(links).toEqual([
      '/settings#profile',
      '/settings#password',
      '/settings#appearance',
      '/settings#language',
    ])
    for (const link of links)
      expect(wrapper.find(link!.replace('/settings', '')).exists()).toBe(true)
  })

  it('get the focus when their link is followed', async () => {
    const { router, wrapper } = await openSettings()
    await router.push('/settings#appearance')
    await eventually(() => expect(document.activeElement?.id).toBe('appearance'))
    expect(wrapper.get('[aria-current="location"]').text()).toBe('Appearance')
  })

  it('get the focus at a deep link; an unknown one does no harm', async () => {
    await openPage('/settings#language', { user: {} })
    await eventually(() => expect(document.activeElement?.id).toBe('language'))
    const { wrapper } = await openPage('/settings#<b>', { user: {} })
    expect(wrapper.get('h1').text()).toBe('Settings')
  })
})

describe('the profile', () => {
  it('shows what only an administrator changes', async () => {
    const { wrapper } = await openSettings(SUPERUSER)
    expect(wrapper.get('#profile dl').text()).toMatch(
      /hanako.*hanako@example\.com.*Administrator\s+Superuser/su,
    )
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
    const { byTestId, fill, press, notices } = await openSettings()
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
    const { alert, errorAt, fill, press, errors } = await openSettings()
    await fill(change)
    await press('change-password')
    await eventually(() => expect(errorAt(testId)).toBe(text))
    expect(alert()).toBe('')
    expect(errors.errors).toEqual([])
  })

  it('is checked by its rule before it is sent', async () => {
    const requests = serve({ 'POST /users/me/password': HttpResponse.json({}) })
    const { errorAt, fill, press } = await openSettings()
    await fill({ 'new-password': 'short' })
    await press('change-password')
    await eventually(() => expect(errorAt('new-password')).toContain('8 to 100 characters'))
    expect(errorAt('current-password')).toBe('Please fill this in.')
    expect(requests).toEqual([])
  })
})

describe('the choices of this browser', () => {
  it('are the theme and the language, and apply at once', async () => {
    const { wrapper } = await openSettings()
    const preferences = usePreferencesStore()
    await wrapper.get('input[name="theme"][value="sumi"]').setValue()
    expect(preferences.theme).toBe('sumi')
    await wrapper.get('input[name="language"][value="ja"]').setValue()
    expect(preferences.language).toBe('ja')
    expect(wrapper.get('[lang="ja"]').text()).toBe('日本語')
  })
})
