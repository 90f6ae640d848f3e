import { expect, type Page } from '@playwright/test'
import type { SessionRead, TwoFactorState } from '../../src/api/generated/types.gen'
import { complete, dialogOpen, fail, heading, hold, type Stop, testId } from './stop'

const api = (path: string) => `**/api/v1${path}`

const answer =
  (path: string, json: unknown, status = 200, headers: Record<string, string> = {}) =>
  async (page: Page) => {
    await page.route(api(path), (route) => route.fulfill({ status, headers, json }))
  }

const collection = (data: unknown[]) => ({
  data,
  meta: { total: data.length, page: 1, limit: 20, pages: 1, next_cursor: null },
})

const refusal = (code: string, message: string, details: Record<string, unknown> = {}) => ({
  error: { id: 'e', code, message, details, timestamp: '2026-01-31T09:30:00Z' },
})

const providers = answer(
  '/auth/oidc',
  collection([
    { name: 'acme', title: 'Acme' },
    { name: 'long', title: '株式会社とても長い名前の認証サービス（本社）' },
  ]),
)

const challenge = answer('/auth/login', {
  mfa_required: true,
  mfa_token: 'half-a-sign-in',
  methods: ['totp', 'recovery', 'passkey'],
})

async function signIn(page: Page): Promise<void> {
  await page.getByTestId('username').fill('hanako')
  await page.getByTestId('password').fill('Kumiko-zaiku-52')
  await page.getByTestId('login-button').click()
}

const alert = (page: Page) =>
  expect(page.getByRole('main').getByRole('alert').first()).not.toBeEmpty()

async function askForLink(page: Page): Promise<void> {
  await page.getByTestId('email').fill('hanako_yamada@example.org')
  await page.getByTestId('forgot-button').click()
}

async function choosePassword(page: Page): Promise<void> {
  await page.getByTestId('new-password').fill('Shibori-dye-71')
  await page.getByTestId('reset-button').click()
}

const BAD_LINK = refusal('BAD_REQUEST', 'This link is not valid any more')

/** Signing in by more than a password, and the links of mails. */
export const SIGN_IN_STOPS: Stop[] = [
  { name: 'login-providers', path: '/login', arrange: providers, ready: testId('provider-long') },
  {
    name: 'register-providers',
    path: '/register',
    arrange: providers,
    ready: testId('provider-long'),
  },
  { name: 'login-return', path: '/login?error=account_exists', ready: alert },
  {
    name: 'login-too-often',
    path: '/login',
    arrange: answer('/auth/login', refusal('RATE_LIMITED', 'Too many'), 429, {
      'retry-after': '720',
    }),
    act: signIn,
    ready: alert,
    trouble: ['429 POST /api/v1/auth/login'],
  },
  { name: 'login-second', path: '/login', arrange: challenge, act: signIn, ready: testId('code') },
  {
    name: 'login-recovery',
    path: '/login#mfa=one-sign-in&methods=totp,recovery',
    act: (page) => page.getByTestId('use-recovery-instead').click(),
    ready: testId('code'),
  },
  {
    name: 'login-second-passkey',
    path: '/login#mfa=other-sign-in&methods=passkey,recovery',
    ready: testId('use-passkey'),
  },
  { name: 'forgot', path: '/forgot-password', ready: testId('forgot-button') },
  { name: 'forgot-sent', path: '/forgot-password', act: askForLink, ready: testId('ask-again') },
  { name: 'reset-no-link', path: '/reset-password', ready: complete },
  { name: 'reset', path: '/reset-password#token=token-1', ready: testId('reset-button') },
  {
    name: 'reset-bad-link',
    path: '/reset-password#token=token-2',
    act: choosePassword,
    ready: alert,
    trouble: ['400 POST /api/v1/auth/reset-password'],
  },
  {
    name: 'reset-done',
    path: '/reset-password#token=token-3',
    arrange: answer('/auth/reset-password', { success: true }),
    act: choosePassword,
    ready: testId('to-login'),
  },
  {
    name: 'verify-bad-link',
    path: '/verify-email#token=token-4',
    arrange: answer('/auth/verify-email', BAD_LINK, 400),
    ready: alert,
    trouble: ['400 POST /api/v1/auth/verify-email'],
  },
  {
    name: 'verify-done',
    path: '/verify-email#token=token-5',
    arrange: answer('/auth/verify-email', { success: true }),
    ready: testId('go-on'),
  },
  {
    name: 'verify-pending',
    path: '/verify-email#token=token-6',
    arrange: hold(api('/auth/verify-email')),
    ready: heading,
  },
]

const FACTORS: TwoFactorState = {
  totp: true,
  recovery_codes_left: 2,
  passkeys: [
    {
      id: 1,
      name: 'Chrome（Android）',
      created_at: '2026-01-31T09:30:00Z',
      last_used_at: '2026-06-30T09:30:00Z',
    },
    {
      id: 2,
      name: 'A security key with quite a long name that somebody gave it — 仕事用の鍵',
      created_at: '2026-01-31T09:30:00Z',
      last_used_at: null,
    },
  ],
  identities: [
    {
      id: 1,
      provider: 'acme',
      title: 'Acme',
      email: 'hanako.yamada@a-very-long-company-name.example.org',
      created_at: '2026-01-31T09:30:00Z',
    },
  ],
  has_password: false,
}

const SESSIONS: SessionRead[] = [
  [true, 'Chrome', 'Linux', '192.0.2.7'],
  [false, 'Safari', 'iOS', '2001:db8:85a3:8d3:1319:8a2e:370:7348'],
  [false, null, null, null],
].map(([current, browser, system, address], at) => ({
  id: at + 1,
  current: current as boolean,
  device: { browser: browser as string | null, system: system as string | null },
  user_agent: browser ? 'Mozilla/5.0' : 'python-httpx/0.28.1',
  address: address as string | null,
  created_at: '2026-01-31T09:30:00Z',
  last_used_at: '2026-06-30T09:30:00Z',
  expires_at: '2026-07-06T09:30:00Z',
}))

/** Everything that there can be. */
async function everything(page: Page): Promise<void> {
  await providers(page)
  await answer('/auth/two-factor', FACTORS)(page)
  await answer('/auth/sessions', collection(SESSIONS))(page)
}

const SECURITY = '/settings/security'
const CODES = Array.from({ length: 10 }, (_, n) => `${n}k2m-9xqa-w4te-hb3d`)
const wantsProof = refusal('FORBIDDEN', 'Confirm that it is you', {
  reason: 'reauthentication_required',
  methods: ['totp', 'recovery', 'passkey'],
})

async function makeCodes(page: Page): Promise<void> {
  await page.getByTestId('make-recovery-codes').click()
  await page.getByRole('dialog').locator('.btn-primary').click()
}

const both =
  (...steps: ((page: Page) => Promise<void>)[]) =>
  async (page: Page) => {
    for (const step of steps) await step(page)
  }

/** The settings of whoever is signed in. */
export const SECURITY_STOPS: Stop[] = [
  { name: 'security', path: SECURITY, ready: complete },
  { name: 'security-everything', path: SECURITY, arrange: everything, ready: complete },
  { name: 'appearance', path: '/settings/appearance', ready: complete },
  {
    name: 'security-loading',
    path: SECURITY,
    arrange: both(hold(api('/auth/two-factor')), hold(api('/auth/sessions'))),
    ready: (page) => expect(page.locator('.skeleton').first()).toBeVisible(),
  },
  {
    name: 'security-failed',
    path: SECURITY,
    arrange: both(fail(api('/auth/two-factor')), fail(api('/auth/sessions'))),
    ready: testId('error-notification'),
    trouble: ['500 GET /api/v1/auth/two-factor', '500 GET /api/v1/auth/sessions'],
  },
  {
    name: 'totp-setup',
    path: SECURITY,
    act: (page) => page.getByTestId('set-up-totp').click(),
    ready: testId('totp-code'),
  },
  {
    name: 'totp-remove',
    path: SECURITY,
    arrange: everything,
    act: (page) => page.getByTestId('remove-totp').click(),
    ready: dialogOpen,
  },
  {
    name: 'recovery-codes',
    path: SECURITY,
    arrange: both(everything, answer('/auth/recovery-codes', { recovery_codes: CODES })),
    act: makeCodes,
    ready: testId('recovery-codes'),
  },
  {
    name: 'proof',
    path: SECURITY,
    arrange: both(everything, answer('/auth/recovery-codes', wantsProof, 403)),
    act: makeCodes,
    ready: testId('code'),
    trouble: ['403 POST /api/v1/auth/recovery-codes'],
  },
  {
    name: 'passkey-rename',
    path: SECURITY,
    arrange: everything,
    act: (page) => page.getByTestId('passkey-2').getByRole('button').first().click(),
    ready: dialogOpen,
  },
  {
    name: 'passkey-remove',
    path: SECURITY,
    arrange: everything,
    act: (page) => page.getByTestId('passkey-2').getByRole('button').last().click(),
    ready: dialogOpen,
  },
  {
    name: 'sessions-end-others',
    path: SECURITY,
    arrange: everything,
    act: (page) => page.getByTestId('end-other-sessions').click(),
    ready: dialogOpen,
  },
]
