import { describe, expect, it } from 'vitest'
import type { AuditEntryRead } from '@/api/generated/types.gen'
import { collectionOf, eventually, problem, serve } from '@/testing/api'
import { openFeature } from '@/testing/pages'
import { sessionUser } from '@/testing/session'
import { audit } from '../routes'

import.meta.glob('./*.vue', { eager: true })

const AUDITOR = { permissions: ['audit:read' as const] }
const ADMIN = { permissions: ['audit:read' as const, 'users:read' as const] }

function anEntry(changes: Partial<AuditEntryRead> = {}): AuditEntryRead {
  return {
    id: 7,
    at: '2026-01-31T09:30:00Z',
    actor_id: 1,
    actor_name: 'Hanako Yuki',
    action: 'user.updated',
    object_type: 'user',
    object_id: 9,
    object_name: 'Taro Sato',
    details: { role: 'admin' },
    address: '192.0.2.7',
    request_id: 'req-1',
    ...changes,
  }
}

type Answers = Parameters<typeof serve>[0]

async function open(answers: Answers = {}, at = '/admin/audit', user: object = ADMIN) {
  const requests = serve({
    'GET /audit': collectionOf([anEntry()]),
    'GET /audit/actions': collectionOf([{ action: 'user.updated' }, { action: 'plugin.did' }]),
    'GET /users': collectionOf([]),
    'GET /people': collectionOf([]),
    ...answers,
  })
  const page = await openFeature(audit, at, { user })
  const lists = () => requests.filter(({ path }) => path === '/audit').map(({ query }) => query)
  return { ...page, requests, lists }
}

/** The row of the one entry there is. */
async function rowOf(entry: AuditEntryRead, user: object = ADMIN) {
  const { byTestId } = await open({ 'GET /audit': collectionOf([entry]) }, '/admin/audit', user)
  const row = await eventually(() => byTestId('entry-7'))
  return { text: row.text(), links: row.findAll('a').map((link) => link.attributes('href')) }
}

describe('an entry', () => {
  it('says who did what to whom, and from where', async () => {
    const { text, links } = await rowOf(anEntry())
    for (const words of ['Hanako Yuki', 'Changed an account', 'Taro Sato', '192.0.2.7']) {
      expect(text).toContain(words)
    }
    expect(links).toEqual(['/admin/users/1', '/admin/users/9'])
  })

  it('leads only to pages that one may open', async () => {
    expect((await rowOf(anEntry(), AUDITOR)).links).toEqual([])
  })

  it.each([
    ['System', { actor_id: null, actor_name: null, request_id: null }],
    ['Not signed in', { actor_id: null, actor_name: null }],
    ['Deleted user', { actor_name: null }],
  ])('is by %s', async (name, changes) => {
    const { text, links } = await rowOf(anEntry(changes))
    expect(text).toContain(name)
    expect(links).toEqual(['/admin/users/9'])
  })

  it.each([
    ['Deleted user', { object_name: null }, []],
    ['Item 12', { object_type: 'item', object_id: 12, object_name: null }, ['/items/12']],
    [
      'Item 12',
      { object_type: 'item', object_id: 12, object_name: null, action: 'item.deleted' },
      [],
    ],
    ['widget 3', { object_type: 'widget', object_id: 3, object_name: null }, []],
    ['–', { object_id: null, object_name: null, action: 'user.sign_in_failed' }, []],
  ])('is about %s: %j', async (name, changes, links) => {
    const row = await rowOf(anEntry(changes))
    expect(row.text).toContain(name)
    expect(row.links).toEqual(['/admin/users/1', ...links])
  })

  it('of an action without words of ours shows its code', async () => {
    expect((await rowOf(anEntry({ action: 'plugin.did_it' }))).text).toContain('plugin.did_it')
  })

  it('opens to show its details and where they lead', async () => {
    const details = { role: 'admin', email: null, is_active: false, odd: ['a', 'b'] }
    const { byTestId, wrapper } = await open({
      'GET /audit': collectionOf([anEntry({ details })]),
    })
    const row = await eventually(() => byTestId('entry-7'))
    expect(wrapper.text()).not.toContain('req-1')
    await row.get('[aria-expanded="false"]').trigger('click')
    const shown = wrapper.get('#details-7')
    expect(shown.text()).toMatch(/Role\s*admin/u)
    expect(shown.text()).toMatch(/E-mail\s*Changed \(content isn't logged\)/u)
    expect(shown.text()).toMatch(/Active\s*No/u)
    expect(shown.text()).toMatch(/odd\s*a, b/u)
    expect(shown.text()).toContain('req-1')
    expect(shown.findAll('a').map((link) => link.attributes('href'))).toEqual([
      '/admin/audit?actor=1',
      '/admin/audit?type=user&object=9',
      '/admin/audit?address=192.0.2.7',
    ])
  })
})

describe('filters', () => {
  it('ask for just what the address says', async () => {
    const at =
      '/admin/audit?action=user.updated&actor=9&type=user&object=3&address=192.0.2.7' +
      '&since=2026-01-30&until=2026-01-31'
    const { lists, wrapper } = await open(
      { 'GET /users/9': sessionUser({ id: 9, full_name: 'Taro Sato' }) },
      at,
    )
    await eventually(() => expect(lists()).toHaveLength(1))
    expect(lists()[0]).toEqual({
      action: 'user.updated',
      actor_id: '9',
      object_type: 'user',
      object_id: '3',
      address: '192.0.2.7',
      since: new Date(2026, 0, 30).toISOString(),
      until: new Date(2026, 1, 1).toISOString(),
      limit: '25',
    })
    const actor = wrapper.get<HTMLInputElement>('[data-testid="audit-actor"]').element
    await eventually(() => expect(actor.value).toBe('Taro Sato'))
  })

  it('read nonsense in the address as if it were not there', async () => {
    const at = '/admin/audit?action=DROP&actor=x&type=1&object=-1&since=yesterday&until=2026-02-30'
    const { lists } = await open({}, at)
    await eventually(() => expect(lists()).toEqual([{ limit: '25' }]))
  })

  it('offer the actions that there are, in words where there are some', async () => {
    const { byTestId, router } = await open()
    const options = () => byTestId('audit-action').findAll('option')
    await eventually(() => expect(options()).toHaveLength(3))
    expect(options().map((option) => option.text())).toEqual([
      'All',
      'Changed an account',
      'plugin.did',
    ])
    await byTestId('audit-action').setValue('plugin.did')
    await eventually(() =>
      expect(router.currentRoute.value.query).toEqual({ action: 'plugin.did' }),
    )
  })

  it.each([
    ['all accounts, for whoever may see those', ADMIN, '/users'],
    ['active people, for others', AUDITOR, '/people'],
  ])('find a person among %s', async (_, user, path) => {
    const found = { id: 9, username: 'taro', full_name: 'Taro Sato', profile_image: null }
    const { byTestId, requests, router, wrapper } = await open(
      {
        [`GET ${path}`]: ({ query }) => collectionOf(query.search === 'taro' ? [found] : []),
        'GET /users/9': sessionUser(found),
      },
      '/admin/audit',
      user,
    )
    await byTestId('audit-actor').setValue('taro')
    await eventually(() => wrapper.get('[role="option"]'))
    await wrapper.get('[role="option"]').trigger('click')
    await eventually(() => expect(router.currentRoute.value.query).toEqual({ actor: '9' }))
    expect(requests.some((seen) => seen.path === path && seen.query.search === 'taro')).toBe(true)
  })

  it('are dropped together', async () => {
    const { button, router, wrapper } = await open(
      { 'GET /audit': ({ query }) => collectionOf(query.address ? [] : [anEntry()]) },
      '/admin/audit?address=192.0.2.99',
    )
    await eventually(() => expect(wrapper.text()).toContain('No entries found'))
    await button('Show everything').trigger('click')
    await eventually(() => expect(wrapper.text()).toContain('Hanako Yuki'))
    expect(router.currentRoute.value.fullPath).toBe('/admin/audit')
  })
})

describe('the log', () => {
  it('goes back in time from where it stands, whatever is added meanwhile', async () => {
    const { byTestId, has, lists, wrapper } = await open({
      'GET /audit': ({ query }) =>
        query.cursor === 'next'
          ? collectionOf([anEntry({ id: 6 })])
          : collectionOf([anEntry()], { total: 2, next_cursor: 'next' }),
    })
    const older = await eventually(() => byTestId('older-entries'))
    expect(wrapper.text()).toContain('2 entries')
    await older.trigger('click')
    await eventually(() => expect(has('entry-6')).toBe(true))
    expect(has('entry-7')).toBe(true)
    expect(has('older-entries')).toBe(false)
    expect(lists()[1]).toEqual({ limit: '25', cursor: 'next' })
  })

  it('says that nothing has been logged yet', async () => {
    const { wrapper } = await open({ 'GET /audit': collectionOf([]) })
    await eventually(() => expect(wrapper.text()).toContain('Nothing has been logged yet'))
  })

  it('offers another attempt where loading failed', async () => {
    let failing = true
    const { button, has, wrapper } = await open({
      'GET /audit': () =>
        failing ? problem(403, 'Not enough permissions') : collectionOf([anEntry()]),
    })
    await eventually(() => expect(wrapper.text()).toContain('Not enough permissions'))
    failing = false
    await button('Try again').trigger('click')
    await eventually(() => expect(has('entry-7')).toBe(true))
  })
})
