import { HttpResponse } from 'msw'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobRead, LiveStats, SystemRead } from '@/api/generated/types.gen'
import { collectionOf, eventually, problem, serve } from '@/testing/api'
import { openFeature } from '@/testing/pages'
import { system } from '../routes'

import.meta.glob('./*.vue', { eager: true })

function aSystem(changes: Partial<SystemRead> = {}): SystemRead {
  return {
    version: '1.2.3',
    environment: 'production',
    started_at: '2026-01-01T00:00:00Z',
    uptime_seconds: 190_000,
    database: { kind: 'postgresql', version: '17.2', size_bytes: 12_345_678 },
    cache: { kind: 'redis', reachable: true },
    mail: { kind: 'smtp' },
    jobs: { waiting: 4, running: 1, dead: 0, oldest_waiting_seconds: null },
    limits: [],
    ...changes,
  }
}

function aJob(changes: Partial<JobRead> = {}): JobRead {
  return {
    id: 7,
    kind: 'mail.send',
    state: 'dead',
    attempts: 3,
    last_error: '550 No such mailbox',
    due_at: null,
    dead_at: '2026-01-01T00:00:00Z',
    created_at: '2026-01-01T00:00:00Z',
    request_id: null,
    ...changes,
  }
}

const live: LiveStats = { total_connections: 5, active_rooms: 2, connected_users: 3 }

type Answers = Parameters<typeof serve>[0]

async function open(answers: Answers = {}, at = '/admin/system') {
  const requests = serve({
    'GET /system': aSystem(),
    'GET /jobs': collectionOf([]),
    'GET /stats': live,
    ...answers,
  })
  const page = await openFeature(system, at, { user: { permissions: ['system:read'] } })
  const asked = (path: string) => requests.filter((seen) => seen.path === path)
  return { ...page, requests, asked }
}

describe('what the installation runs on', () => {
  it('is said in words', async () => {
    const { wrapper } = await open()
    await eventually(() => expect(wrapper.text()).toContain('1.2.3'))
    for (const words of ['Production', '2 days 4 hours', 'PostgreSQL', '12.3 MB', 'Redis']) {
      expect(wrapper.text()).toContain(words)
    }
    expect(wrapper.text()).toContain('A mail server sends what is written')
    expect(wrapper.text()).toContain('No job is waiting longer than it should.')
    expect(wrapper.text()).toContain('Limits are off')
  })

  it('is said with a warning where something is wrong', async () => {
    const { wrapper, byTestId } = await open({
      'GET /system': aSystem({
        cache: { kind: 'redis', reachable: false },
        jobs: { waiting: 4, running: 1, dead: 2, oldest_waiting_seconds: 4000 },
      }),
    })
    await eventually(() => expect(wrapper.text()).toContain('Not reachable'))
    expect(wrapper.text()).toContain('due for 1 hour 6 minutes')
    expect(byTestId('jobs-dead').text()).toBe('2Failed')
  })

  it('comes with the limits, and those that have no name of ours as they are', async () => {
    const limits = [
      { name: 'login', policy: '"login";q=5;w=1800' },
      { name: 'once', policy: '"once";q=1;w=60' },
      { name: 'odd', policy: 'as we like' },
    ]
    const { byTestId } = await open({ 'GET /system': aSystem({ limits }) })
    const text = await eventually(() => byTestId('limit-login').text())
    expect(text).toMatch(
      /^Failed sign-ins, per account and address login\s*5 times in 30 minutes$/u,
    )
    expect(byTestId('limit-once').text()).toMatch(/1 time in 1 minute$/u)
    expect(byTestId('limit-odd').text()).toMatch(/^odd\s*as we like$/u)
  })
})

describe('jobs', () => {
  it('that failed are shown first, with why', async () => {
    const { asked, byTestId } = await open({ 'GET /jobs': collectionOf([aJob()]) })
    const text = await eventually(() => byTestId('job-7').text())
    expect(text).toMatch(/^Send a mail\s*mail\.send/u)
    expect(text).toContain('550 No such mailbox')
    expect(text).toContain('3 attempts')
    expect(asked('/jobs')[0]?.query).toEqual({ state: 'dead', skip: '0', limit: '10' })
  })

  it('in other states are a tab away, which the address keeps', async () => {
    const { asked, button, router, wrapper } = await open()
    await eventually(() => expect(wrapper.text()).toContain('No job has failed'))
    await wrapper.findAll('[role="tab"]')[1]!.trigger('click')
    await eventually(() => expect(asked('/jobs').at(-1)?.query).toMatchObject({ state: 'waiting' }))
    expect(router.currentRoute.value.fullPath).toBe('/admin/system?jobs=waiting')
    await eventually(() => expect(wrapper.text()).toMatch(/No job is waiting(?! longer)/u))
    expect(button('Try again')).toBeUndefined()
  })

  it('are tried again', async () => {
    let jobs = [aJob()]
    const { button, has, notices, requests } = await open({
      'GET /jobs': () => collectionOf(jobs),
      'POST /jobs/7/retry': () => {
        jobs = []
        return aJob({ state: 'waiting' })
      },
    })
    await eventually(() => expect(has('job-7')).toBe(true))
    await button('Try again').trigger('click')
    await eventually(() => expect(has('job-7')).toBe(false))
    expect(notices.notices[0]?.message).toBe('The job will be tried at once')
    expect(requests.some(({ method }) => method === 'POST')).toBe(true)
  })

  it('are deleted once that is confirmed, also when someone else was quicker', async () => {
    let jobs = [aJob()]
    const { button, errors, has, requests, wrapper } = await open({
      'GET /jobs': () => collectionOf(jobs),
      'DELETE /jobs/7': () => {
        jobs = []
        return problem(404, 'There is no such job')
      },
    })
    await eventually(() => expect(has('job-7')).toBe(true))
    await button('Delete').trigger('click')
    await eventually(() => wrapper.get('dialog[open]'))
    expect(requests.filter(({ method }) => method === 'DELETE')).toEqual([])
    await wrapper.get('dialog[open] .modal-action button:last-child').trigger('click')
    await eventually(() => expect(has('job-7')).toBe(false))
    expect(errors.errors).toEqual([])
  })
})

describe('who is connected', () => {
  it('is said in numbers', async () => {
    const { byTestId } = await open()
    const text = await eventually(() => byTestId('live-people').text())
    expect(text).toBe('3People online')
    expect(byTestId('live-connections').text()).toBe('5Connections')
    expect(byTestId('live-rooms').text()).toBe('2Active rooms')
  })

  it('has a skeleton of its own, and an error of its own', async () => {
    let release = () => undefined as void
    const { button, has, wrapper } = await open({
      'GET /stats': async () => {
        await new Promise<void>((resolve) => (release = resolve))
        return new HttpResponse(null, { status: 503 })
      },
    })
    await eventually(() => expect(has('jobs-dead')).toBe(true))
    expect(wrapper.findAll('.skeleton')).toHaveLength(1)
    release()
    await eventually(() => expect(button('Try again')).toBeDefined())
    expect(has('live-people')).toBe(false)
  })
})

describe('staying up to date', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  it('asks every ten seconds while it can be seen, and keeps what it has', async () => {
    let waiting = 4
    const jobs = () => ({ waiting, running: 0, dead: 0, oldest_waiting_seconds: null })
    const { asked, byTestId, has } = await open({ 'GET /system': () => aSystem({ jobs: jobs() }) })
    await eventually(() => expect(byTestId('jobs-waiting').text()).toContain('4'))

    waiting = 5
    vi.advanceTimersByTime(9_999)
    expect(asked('/system')).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(has('jobs-waiting')).toBe(true)
    await eventually(() => expect(byTestId('jobs-waiting').text()).toContain('5'))

    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    document.dispatchEvent(new Event('visibilitychange'))
    vi.advanceTimersByTime(60_000)
    expect(asked('/system')).toHaveLength(2)
  })

  it('counts who is connected every five seconds while it can be seen', async () => {
    let connected = 3
    const { asked, byTestId } = await open({
      'GET /stats': () => ({ ...live, connected_users: connected }),
    })
    await eventually(() => expect(byTestId('live-people').text()).toContain('3'))
    connected = 4
    vi.advanceTimersByTime(5000)
    await eventually(() => expect(byTestId('live-people').text()).toContain('4'))
    expect(asked('/system')).toHaveLength(1)

    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    vi.advanceTimersByTime(60_000)
    expect(asked('/stats')).toHaveLength(2)
  })

  it('says that the numbers of who is connected may be old', async () => {
    let failing = false
    const { byTestId, wrapper } = await open({
      'GET /stats': () => (failing ? new HttpResponse(null, { status: 503 }) : live),
    })
    await eventually(() => byTestId('live-people'))
    failing = true
    vi.advanceTimersByTime(5000)
    await eventually(() => expect(wrapper.text()).toContain('this may be out of date'))
    expect(byTestId('live-people').text()).toContain('3')
  })

  it('says in its place that what it shows may be old', async () => {
    let failing = false
    const { wrapper, byTestId } = await open({
      'GET /system': () => (failing ? new HttpResponse(null, { status: 503 }) : aSystem()),
    })
    await eventually(() => byTestId('jobs-waiting'))
    failing = true
    vi.advanceTimersByTime(10_000)
    await eventually(() => expect(wrapper.text()).toContain('this may be out of date'))
    expect(wrapper.text()).toContain('1.2.3')
    failing = false
    vi.advanceTimersByTime(10_000)
    await eventually(() => expect(wrapper.text()).not.toContain('this may be out of date'))
  })
})
