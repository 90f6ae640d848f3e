import { describe, expect, it } from 'vitest'
import { collectionOf, aUser, eventually, openPage, problem, serve, WRITER } from '../testing'

const READER = { permissions: ['users:read'] }

/** happy-dom is 1024 px wide, so this is the table. */
async function openList(at = '/admin/users', user: object = WRITER, users = [aUser()], meta = {}) {
  const requests = serve({ 'GET /users': collectionOf(users, meta) })
  const page = await openPage(at, { user })
  await eventually(() => expect(requests).not.toEqual([]))
  return { ...page, requests }
}

describe('the list of users', () => {
  it('asks for what the address says', async () => {
    const at = '/admin/users?search=%E8%8A%B1&role=editor&status=disabled&page=3'
    const { requests, byTestId } = await openList(at, WRITER, [aUser()], { pages: 3, total: 41 })
    expect(requests[0]?.query).toEqual({
      search: '花',
      role: 'editor',
      is_active: 'false',
      skip: '40',
      limit: '20',
    })
    expect((byTestId('user-search').element as HTMLInputElement).value).toBe('花')
  })

  it('ignores nonsense in the address', async () => {
    const { requests } = await openList('/admin/users?role=king&status=1&page=-2')
    expect(requests[0]?.query).toEqual({ skip: '0', limit: '20' })
  })

  it('writes filters into the address, and starts again at the first page', async () => {
    const { requests, router, wrapper } = await openList('/admin/users?page=2', WRITER, [aUser()], {
      pages: 3,
    })
    await eventually(() => wrapper.get('table'))
    const [role, status] = wrapper.findAll('select')
    await role!.setValue('admin')
    await eventually(() =>
      expect(router.currentRoute.value.fullPath).toBe('/admin/users?role=admin'),
    )
    await status!.setValue('active')
    await eventually(() =>
      expect(requests.at(-1)?.query).toEqual({
        role: 'admin',
        is_active: 'true',
        skip: '0',
        limit: '20',
      }),
    )
  })

  it('searches when the typing rests', async () => {
    const { byTestId, requests, router } = await openList()
    await byTestId('user-search').setValue('taro')
    await eventually(() => expect(requests.at(-1)?.query).toMatchObject({ search: 'taro' }))
    expect(router.currentRoute.value.query).toEqual({ search: 'taro' })
  })

  it('turns pages in the address', async () => {
    const { requests, router, wrapper } = await openList('/admin/users', WRITER, [aUser()], {
      pages: 2,
      total: 21,
    })
    const next = await eventually(() => wrapper.get('nav button:last-child'))
    await next.trigger('click')
    await eventually(() => expect(requests.at(-1)?.query).toMatchObject({ skip: '20' }))
    expect(router.currentRoute.value.query).toEqual({ page: '2' })
  })

  it('goes back to the last page when the asked one is gone', async () => {
    const requests = serve({
      'GET /users': ({ query }) =>
        collectionOf(query.skip === '20' ? [aUser()] : [], { total: 21, pages: 2 }),
    })
    const { router, has } = await openPage('/admin/users?page=9', { user: WRITER })
    await eventually(() => expect(has('user-7')).toBe(true))
    expect(router.currentRoute.value.query).toEqual({ page: '2' })
    expect(requests.map(({ query }) => query.skip)).toEqual(['160', '20'])
  })

  it('shows who someone is and marks the own account', async () => {
    const { byTestId } = await openList('/admin/users', { ...WRITER, id: 1 }, [
      aUser({ id: 1, username: 'hanako', full_name: null, is_superuser: true, role: 'admin' }),
      aUser({ is_active: false }),
    ])
    const own = await eventually(() => byTestId('user-1').text())
    expect(own).toContain('hanako')
    expect(own).toContain('You')
    expect(own).toMatch(/Administrator\s+Superuser/u)
    const other = byTestId('user-7')
    expect(other.text()).toContain('Taro Sato')
    expect(other.text()).toContain('Disabled')
    expect(other.text()).not.toContain('You')
    expect(other.get('a').attributes('href')).toBe('/admin/users/7')
  })

  it('offers to make a user only to those who may', async () => {
    const writer = await openList()
    expect(writer.has('create-user')).toBe(true)
    writer.wrapper.unmount()
    const reader = await openList('/admin/users', READER)
    expect(reader.has('create-user')).toBe(false)
  })

  it('offers to drop the filters when nobody matches', async () => {
    const requests = serve({
      'GET /users': ({ query }) => collectionOf(query.role ? [] : [aUser()]),
    })
    const { button, has, router, wrapper } = await openPage('/admin/users?role=admin&search=x', {
      user: WRITER,
    })
    await eventually(() => expect(wrapper.text()).toContain('No users found'))
    await button('Show all users').trigger('click')
    await eventually(() => expect(has('user-7')).toBe(true))
    expect(router.currentRoute.value.fullPath).toBe('/admin/users')
    expect(requests).toHaveLength(2)
  })

  it('says what went wrong, and tries again', async () => {
    let failing = true
    serve({
      'GET /users': () =>
        failing ? problem(403, 'Not enough permissions') : collectionOf([aUser()]),
    })
    const { button, has, wrapper } = await openPage('/admin/users', { user: WRITER })
    await eventually(() => expect(wrapper.text()).toContain('Not enough permissions'))
    failing = false
    await button('Try again').trigger('click')
    await eventually(() => expect(has('user-7')).toBe(true))
  })
})
