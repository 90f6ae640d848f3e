import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { sessionUser } from '@/testing/session'
import {
  collectionOf,
  aUser,
  eventually,
  openPage,
  problem,
  serve,
  SUPERUSER,
  wantsProof,
  WRITER,
} from '../testing'

type Answers = Parameters<typeof serve>[0]

async function openUser(account = aUser(), user: object = WRITER, answers: Answers = {}) {
  const path = `/users/${account.id}`
  let kept = account
  const requests = serve({
    [`GET ${path}`]: () => kept,
    [`PATCH ${path}`]: ({ body }) => (kept = { ...kept, ...(body as object) }),
    ...answers,
  })
  const page = await openPage(`/admin${path}`, { user })
  await eventually(() => expect(page.wrapper.text()).toContain('Details'))
  const changes = () => requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body)
  return { ...page, requests, changes }
}

describe('the page of a user', () => {
  it('sends only what was changed', async () => {
    const { changes, fill, submit, notices } = await openUser()
    await fill({ 'full-name': '', role: 'editor' })
    await submit()
    await eventually(() => expect(notices.notices[0]?.message).toBe('Saved'))
    expect(changes()).toEqual([{ full_name: null, role: 'editor' }])
    await fill({ email: 'sato@example.com' })
    await submit()
    await eventually(() => expect(changes()).toHaveLength(2))
    expect(changes()[1]).toEqual({ email: 'sato@example.com' })
  })

  it('asks who one is before a new address, and then changes it', async () => {
    let isProved = false
    const { changes, has, fill, submit, byTestId, notices } = await openUser(aUser(), WRITER, {
      'PATCH /users/7': () =>
        isProved ? aUser({ email: 'sato@example.com' }) : wantsProof('password'),
      'POST /auth/reauthenticate': () => ({ success: (isProved = true) }),
    })
    await fill({ email: 'sato@example.com' })
    await submit()
    await eventually(() => expect(has('proof-password')).toBe(true))
    await fill({ 'proof-password': 'Tsubaki-7-kaze' })
    await byTestId('send-password').trigger('submit')
    await eventually(() => expect(notices.notices[0]?.message).toBe('Saved'))
    expect(changes()).toEqual([{ email: 'sato@example.com' }, { email: 'sato@example.com' }])
  })

  it.each([
    [409, 'This address is already in use'],
    [422, 'This is not an e-mail address'],
  ])('shows a %i at the address', async (status, text) => {
    const { errorAt, fill, submit } = await openUser(aUser(), WRITER, {
      'PATCH /users/7': problem(status, text, { email: text }),
    })
    await fill({ email: 'hanako@example.com' })
    await submit()
    await eventually(() => expect(errorAt('email')).toBe(text))
  })

  it('is only looked at without the right to write', async () => {
    const { has, wrapper } = await openUser(aUser({ bio: 'Likes tea' }), {
      permissions: ['users:read'],
    })
    expect(wrapper.text()).toContain('may look at this account')
    expect(wrapper.text()).toContain('taro@example.com')
    expect(wrapper.text()).toContain('Likes tea')
    for (const control of ['save-user', 'toggle-active', 'delete-user', 'email']) {
      expect(has(control)).toBe(false)
    }
  })

  it('of a superuser is only looked at by other administrators', async () => {
    const { has, wrapper } = await openUser(aUser({ is_superuser: true }))
    expect(wrapper.text()).toContain('Only superusers may change')
    expect(has('save-user')).toBe(false)
    expect(has('delete-user')).toBe(false)
  })

  it('lets none but superusers make superusers', async () => {
    const admin = await openUser()
    expect(admin.has('superuser')).toBe(false)
    admin.wrapper.unmount()
    const { byTestId, changes, submit } = await openUser(aUser(), SUPERUSER)
    await byTestId('superuser').setValue(true)
    await submit()
    await eventually(() => expect(changes()).toEqual([{ is_superuser: true }]))
  })

  it('says clearly that the last superuser stays one', async () => {
    const text = 'There must be at least one active superuser'
    const own = aUser({ id: 1, is_superuser: true })
    const { alert, byTestId, submit } = await openUser(own, SUPERUSER, {
      'PATCH /users/1': problem(409, text),
    })
    await byTestId('superuser').setValue(false)
    await submit()
    await eventually(() => expect(alert()).toContain(text))
  })

  it('renews what one may do when it is the own account', async () => {
    const { fill, submit, wrapper, session } = await openUser(
      aUser({ id: 1, role: 'admin' }),
      WRITER,
      {
        'GET /users/me': sessionUser({ role: 'member', permissions: [] }),
      },
    )
    expect(wrapper.text()).toContain('You')
    expect(wrapper.text()).toContain('you may lose access')
    await fill({ role: 'member' })
    await submit()
    await eventually(() => expect(session.can('users:write')).toBe(false))
  })

  it('says when there is no such user', async () => {
    serve({ 'GET /users/99': problem(404, 'User not found') })
    const { wrapper } = await openPage('/admin/users/99', { user: WRITER })
    await eventually(() => expect(wrapper.text()).toContain('User not found'))
  })
})

describe('disabling an account', () => {
  async function disable(account = aUser(), user: object = WRITER, answers: Answers = {}) {
    const page = await openUser(account, user, answers)
    await page.byTestId('toggle-active').trigger('click')
    const confirm = () => page.wrapper.get('dialog[open] .modal-action button:last-child')
    return { ...page, confirm }
  }

  it('asks first', async () => {
    const { changes, confirm, wrapper } = await disable()
    expect(wrapper.get('dialog[open]').text()).toContain('Disable the account of Taro Sato?')
    expect(changes()).toEqual([])
    await confirm().trigger('click')
    await eventually(() => expect(changes()).toEqual([{ is_active: false }]))
    await eventually(() => expect(wrapper.text()).toContain('Enable account'))
    expect(wrapper.find('dialog[open]').exists()).toBe(false)
  })

  it('is undone in the same way', async () => {
    const { changes, confirm, wrapper } = await disable(aUser({ is_active: false }))
    expect(wrapper.get('dialog[open]').text()).toContain('Enable the account of Taro Sato?')
    await confirm().trigger('click')
    await eventually(() => expect(changes()).toEqual([{ is_active: true }]))
  })

  it.each([
    [409, 'There must be at least one active superuser', 'There must be at least one active'],
    [503, 'x', 'Server is temporarily unavailable'],
  ])('tells of a %i in the dialog, where it is seen', async (status, text, shown) => {
    const { alert, confirm, wrapper } = await disable(aUser(), WRITER, {
      'PATCH /users/7': problem(status, text),
    })
    await confirm().trigger('click')
    await eventually(() => expect(alert()).toContain(shown))
    expect(wrapper.get('dialog[open]').text()).toContain(shown)
  })

  it('of oneself ends the session', async () => {
    const { confirm, requests, wrapper, session } = await disable(aUser({ id: 1 }), WRITER, {
      'POST /auth/logout': problem(401, 'Could not validate credentials'),
    })
    expect(wrapper.get('dialog[open]').text()).toContain('You will be signed out at once')
    await confirm().trigger('click')
    await eventually(() => expect(session.status).toBe('signed-out'))
    expect(requests.at(-1)?.path).toBe('/auth/logout')
  })
})

describe('deleting an account', () => {
  const heirs = [
    aUser({ id: 8, full_name: 'Jiro Ito' }),
    aUser(),
    aUser({ id: 9, full_name: null }),
  ]

  async function openDelete(account = aUser(), user: object = WRITER, answers: Answers = {}) {
    const page = await openUser(account, user, {
      'GET /users': ({ query }) => collectionOf(query.search ? [] : heirs),
      [`DELETE /users/${account.id}`]: () => new HttpResponse(null, { status: 204 }),
      ...answers,
    })
    await page.byTestId('delete-user').trigger('click')
    const dialog = () => page.wrapper.get('dialog[open]')
    return {
      ...page,
      dialog,
      confirm: () => dialog().get('.modal-action button:last-child').trigger('click'),
      deletions: () => page.requests.filter(({ method }) => method === 'DELETE'),
    }
  }

  it('leaves the items where they are unless told otherwise', async () => {
    const { confirm, deletions, dialog, router, notices } = await openDelete()
    expect(dialog().text()).toContain('Delete the account of Taro Sato?')
    await confirm()
    await eventually(() => expect(router.currentRoute.value.name).toBe('users'))
    expect(deletions().map(({ query }) => query)).toEqual([{}])
    expect(notices.notices[0]?.message).toBe('The account of Taro Sato was deleted')
  })

  it('hands the items over to whom one chooses, but not to the one who leaves', async () => {
    const { byTestId, confirm, deletions, has } = await openDelete()
    await byTestId('items-hand-over').setValue()
    await eventually(() => expect(has('heir-8')).toBe(true))
    expect(has('heir-7')).toBe(false)
    await byTestId('heir-8').setValue()
    await confirm()
    await eventually(() =>
      expect(deletions().map(({ query }) => query)).toEqual([{ transfer_items_to: '8' }]),
    )
  })

  it('keeps the chosen one in sight while one searches on', async () => {
    const { byTestId, has, requests } = await openDelete()
    await byTestId('items-hand-over').setValue()
    await eventually(() => expect(has('heir-8')).toBe(true))
    await byTestId('heir-8').setValue()
    await byTestId('heir-search').setValue('nobody')
    await eventually(() => expect(has('heir-9')).toBe(false))
    expect((byTestId('heir-8').element as HTMLInputElement).checked).toBe(true)
    expect(requests.at(-1)?.query).toEqual({ search: 'nobody', is_active: 'true', limit: '6' })
  })

  it('asks who, when nobody was chosen', async () => {
    const { alert, byTestId, confirm, deletions } = await openDelete()
    await byTestId('items-hand-over').setValue()
    await confirm()
    await eventually(() => expect(alert()).toContain('choose who takes over'))
    expect(deletions()).toEqual([])
  })

  it.each([
    ['the last superuser', problem(409, 'There must be at least one active superuser')],
    ['an heir who is gone', problem(422, 'x', { transfer_items_to: "can't take over the items" })],
    ['a superuser', problem(403, 'Only a superuser may do this')],
  ])('tells in the dialog about %s', async (_, reply) => {
    const { error } = (await reply.clone().json()) as {
      error: { message: string; details: { fields: Record<string, string> } }
    }
    const text = Object.values(error.details.fields)[0] ?? error.message
    const { confirm, dialog } = await openDelete(aUser(), WRITER, { 'DELETE /users/7': reply })
    await confirm()
    await eventually(() => expect(dialog().text()).toContain(text))
  })

  it('of oneself ends the session', async () => {
    const { confirm, dialog, session } = await openDelete(aUser({ id: 1 }), WRITER, {
      'POST /auth/logout': problem(401, 'Could not validate credentials'),
    })
    expect(dialog().text()).toContain('This is your own account')
    await confirm()
    await eventually(() => expect(session.status).toBe('signed-out'))
  })

  it('starts anew when the dialog is opened again', async () => {
    const { byTestId, dialog, has } = await openDelete()
    await byTestId('items-hand-over').setValue()
    await dialog().get('.modal-action button:first-child').trigger('click')
    await byTestId('delete-user').trigger('click')
    expect((byTestId('items-stay').element as HTMLInputElement).checked).toBe(true)
    expect(has('heir-search')).toBe(false)
  })
})
