import { expect, type Page } from '@playwright/test'
import type { JobRead, SystemRead } from '../../src/api/generated/types.gen'
import type { People, Person } from './people'
import { complete, dialogOpen, fail, hold, type Stop, testId } from './stop'

const noAnswerYet = (page: Page) => expect(page.locator('.skeleton').first()).toBeVisible()

const JOB: JobRead = {
  id: 1,
  kind: 'mail.send',
  state: 'dead',
  attempts: 3,
  last_error: 'The server refused the mail: 550 5.1.1 <hanako@example.org>: Recipient unknown',
  due_at: null,
  dead_at: '2026-01-31T09:30:00Z',
  created_at: '2026-01-31T09:00:00Z',
  request_id: '7d1f0b54-6c1e-4f1c-9f6e-0f4a2f3b9c11',
}

/** A job that failed, without making the server's own ones fail. */
async function withDeadJob(page: Page): Promise<void> {
  const meta = { total: 1, page: 1, limit: 10, pages: 1, next_cursor: null }
  const jobs = [JOB, { ...JOB, id: 2, kind: 'plugin.unheard_of', request_id: null }]
  await page.route('**/api/v1/jobs?*', (route) => route.fulfill({ json: { data: jobs, meta } }))
  await page.route('**/api/v1/system', async (route) => {
    const system = (await (await route.fetch()).json()) as SystemRead
    const limits = [
      { name: 'login', policy: '"login";q=5;w=1800' },
      { name: 'forgot-password-mails', policy: '"forgot-password-mails";q=5;w=3600' },
      { name: 'unheard-of', policy: 'as the server likes' },
    ]
    const counts = { waiting: 12, running: 1, dead: 2, oldest_waiting_seconds: 4000 }
    await route.fulfill({ json: { ...system, limits, jobs: counts } })
  })
}

const openDetails = async (page: Page) => {
  await complete(page)
  const entry = page.getByTestId(/^entry-/u).first()
  await entry.locator('button[aria-expanded], summary').first().click()
}

const auditStops: Stop[] = [
  { name: 'audit', path: '/admin/audit', ready: testId('older-entries') },
  { name: 'audit-details', path: '/admin/audit', act: openDetails, ready: complete },
  {
    name: 'audit-none',
    path: '/admin/audit?action=item.deleted&since=2020-01-01',
    ready: complete,
  },
  {
    name: 'audit-who',
    path: '/admin/audit',
    act: async (page) => {
      await complete(page)
      await page.getByTestId('audit-actor').fill('hana')
    },
    ready: (page) => expect(page.getByRole('listbox').getByRole('option')).toHaveCount(1),
  },
  { name: 'audit-loading', path: '/admin/audit', arrange: hold('**/audit?*'), ready: noAnswerYet },
  {
    name: 'audit-failed',
    path: '/admin/audit',
    arrange: fail('**/api/v1/audit?*'),
    ready: testId('error-notification'),
    trouble: ['500 GET /api/v1/audit'],
  },
]

const openFirstMail = async (page: Page) => {
  await complete(page)
  await page
    .getByTestId(/^mail-\d+$/u)
    .first()
    .getByRole('link')
    .click()
  await expect(page.getByTestId('mail-text')).toBeVisible()
}

/** A mail that a server has sent, which no server does here. */
async function sentMail(page: Page): Promise<void> {
  const mail = {
    id: 1,
    to: 'hanako_yamada@example.org',
    subject: '新しいパスワードの設定',
    template: 'reset_password',
    locale: 'ja',
    protected: false,
    state: 'failed',
    created_at: '2026-01-31T09:00:00Z',
    sent_at: null,
    error: JOB.last_error,
    text: null,
    html: null,
  }
  await page.route('**/api/v1/mail/1', (route) => route.fulfill({ json: mail }))
}

const mailStops: Stop[] = [
  { name: 'mails', path: '/admin/mail', ready: complete },
  { name: 'mails-none', path: '/admin/mail?search=nobody', ready: complete },
  { name: 'mail-text', path: '/admin/mail', act: openFirstMail, ready: complete },
  {
    name: 'mail-html',
    path: '/admin/mail',
    act: async (page) => {
      await openFirstMail(page)
      await page.getByRole('tab', { name: 'HTML' }).click()
    },
    ready: (page) => expect(page.frameLocator('main iframe').locator('body')).not.toBeEmpty(),
  },
  { name: 'mail-not-kept', path: '/admin/mail/1', arrange: sentMail, ready: complete },
  {
    name: 'mail-protected',
    path: '/admin/mail/1',
    arrange: async (page) => {
      const error = { id: '', code: 'FORBIDDEN', message: 'No', details: {}, timestamp: '' }
      await page.route('**/api/v1/mail/1', (route) =>
        route.fulfill({ status: 403, json: { error } }),
      )
    },
    ready: complete,
    trouble: ['403 GET /api/v1/mail/1'],
  },
]

const systemStops: Stop[] = [
  { name: 'system', path: '/admin/system', ready: complete },
  { name: 'system-jobs', path: '/admin/system', arrange: withDeadJob, ready: testId('job-1') },
  {
    name: 'system-job-delete',
    path: '/admin/system',
    arrange: withDeadJob,
    act: (page) => page.getByTestId('job-1').getByRole('button').last().click(),
    ready: dialogOpen,
  },
  {
    name: 'system-failed',
    path: '/admin/system',
    arrange: fail('**/api/v1/system'),
    ready: (page) => expect(page.getByRole('main').getByRole('button')).toHaveCount(1),
    trouble: ['500 GET /api/v1/system'],
  },
]

const userStops = (hanako: Person): Stop[] => [
  {
    name: 'user-end-sessions',
    path: `/admin/users/${hanako.id}`,
    act: (page) => page.getByTestId('end-user-sessions').click(),
    ready: dialogOpen,
  },
  {
    name: 'user-reset-factors',
    path: `/admin/users/${hanako.id}`,
    act: (page) => page.getByTestId('reset-factors').click(),
    ready: dialogOpen,
  },
]

/** The pages of whoever runs the installation. */
export async function administrationStops(people: People, me: Person): Promise<Stop[]> {
  const hanako = await people.register('hanako_yamada')
  await hanako.enrol()
  for (let n = 0; n < 25; n += 1) {
    await me.updateUser(hanako.id, { full_name: `山田 花子 ${n}` })
  }
  return [...auditStops, ...mailStops, ...systemStops, ...userStops(hanako)]
}
