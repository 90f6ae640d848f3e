import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { aUser, eventually, openPage, problem, serve, SUPERUSER, WRITER } from '../testing'

const filled = { username: 'taro', email: 'taro@example.com', password: 'Tsubaki-7-kaze' }

async function openForm(user: object = WRITER, answer?: Response) {
  const requests = serve({
    'POST /users': () => answer ?? HttpResponse.json(aUser(), { status: 201 }),
    'GET /users/7': aUser(),
  })
  return { ...(await openPage('/admin/users/new', { user })), requests }
}

describe('making a user', () => {
  it('sends what was filled in and goes to the new account', async () => {
    const { fill, requests, router, submit, notices } = await openForm()
    await fill({ ...filled, 'full-name': 'Taro Sato', role: 'editor' })
    await submit()
    await eventually(() => expect(router.currentRoute.value.path).toBe('/admin/users/7'))
    expect(requests[0]?.body).toEqual({
      ...filled,
      full_name: 'Taro Sato',
      bio: null,
      role: 'editor',
      is_superuser: false,
    })
    expect(notices.notices[0]?.message).toBe('Taro Sato now has an account')
  })

  it("does not let the browser fill in the administrator's own name", async () => {
    const { byTestId } = await openForm()
    expect(byTestId('username').attributes('autocomplete')).toBe('off')
    expect(byTestId('email').attributes('autocomplete')).toBe('off')
    expect(byTestId('password').attributes('autocomplete')).toBe('new-password')
  })

  it('explains the chosen role', async () => {
    const { fill, wrapper } = await openForm()
    expect(wrapper.text()).toContain('Writes items')
    await fill({ role: 'admin' })
    expect(wrapper.text()).toContain('Also manages users')
  })

  it('offers to make a superuser to superusers only', async () => {
    const admin = await openForm()
    expect(admin.has('superuser')).toBe(false)
    admin.wrapper.unmount()
    const { byTestId, fill, requests, submit } = await openForm(SUPERUSER)
    await fill(filled)
    await byTestId('superuser').setValue(true)
    await submit()
    await eventually(() => expect(requests[0]?.body).toMatchObject({ is_superuser: true }))
  })

  it.each([
    [409, 'username', 'This name is already taken'],
    [422, 'password', 'The password must not be your name or address'],
  ])('shows a %i at the field %s', async (status, field, text) => {
    const { errorAt, fill, submit } = await openForm(
      WRITER,
      problem(status, 'No', { [field]: text }),
    )
    await fill(filled)
    await submit()
    await eventually(() => expect(errorAt(field)).toBe(text))
  })

  it('shows any other refusal above the form', async () => {
    const { alert, fill, submit } = await openForm(WRITER, problem(403, 'Not enough permissions'))
    await fill(filled)
    await submit()
    await eventually(() => expect(alert()).toBe('Not enough permissions'))
  })
})
