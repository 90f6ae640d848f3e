import { HttpResponse } from 'msw'
import { beforeEach, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { RouterView, type RouteRecordRaw } from 'vue-router'
import type { SessionUser } from '@/api'
import type {
  ProofMethod,
  SessionRead,
  TwoFactorState,
  TwoFactorSummary,
  UserRead,
} from '@/api/generated/types.gen'
import { useErrorStore } from '@/shared/stores/errors'
import { useNoticeStore } from '@/shared/stores/notices'
import { useSessionStore } from '@/shared/stores/session'
import { collectionOf, serve } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { sessionUser } from '@/testing/session'
import { accounts } from './routes'

// Loaded ahead of the tests: their time limit is not for compiling the pages that the routes name.
import.meta.glob('./views/*.vue', { eager: true })

export { collectionOf, eventually, problem, serve } from '@/testing/api'

export const WRITER: Partial<SessionUser> = {
  role: 'admin',
  permissions: ['users:read', 'users:write'],
}
export const SUPERUSER: Partial<SessionUser> = { ...WRITER, is_superuser: true }

export function aUser(changes: Partial<UserRead> = {}): UserRead {
  const account: UserRead & { permissions?: unknown } = sessionUser({
    id: 7,
    username: 'taro',
    email: 'taro@example.com',
    full_name: 'Taro Sato',
    ...changes,
  })
  delete account.permissions
  return account
}

/** Someone who has a password and nothing else. */
export function someFactors(changes: Partial<TwoFactorState> = {}): TwoFactorState {
  return {
    totp: false,
    recovery_codes_left: 0,
    passkeys: [],
    identities: [],
    has_password: true,
    ...changes,
  }
}

/** The same as administrators see it. */
export function aSummary(changes: Partial<TwoFactorSummary> = {}): TwoFactorSummary {
  return { totp: false, recovery_codes_left: 0, passkeys: 0, identities: 0, ...changes }
}

export function aSession(changes: Partial<SessionRead> = {}): SessionRead {
  return {
    id: 1,
    current: true,
    device: { browser: 'Firefox', system: 'Windows' },
    user_agent: 'Mozilla/5.0',
    address: '192.0.2.7',
    created_at: '2026-01-01T00:00:00Z',
    last_used_at: '2026-01-01T00:00:00Z',
    expires_at: '2026-01-08T00:00:00Z',
    ...changes,
  }
}

/** A failed `RecentlyProved`: the server wants a proof first. */
export function wantsProof(...methods: ProofMethod[]) {
  const details = { reason: 'reauthentication_required', methods }
  const error = { id: 'e', code: 'FORBIDDEN', message: 'Confirm that it is you', details }
  return HttpResponse.json({ error: { ...error, timestamp: '' } }, { status: 403 })
}

const A_CREDENTIAL = {
  id: 'AQ',
  rawId: new ArrayBuffer(1),
  response: {
    clientDataJSON: new ArrayBuffer(1),
    attestationObject: new ArrayBuffer(1),
    authenticatorData: new ArrayBuffer(1),
    signature: new ArrayBuffer(1),
    userHandle: null,
  },
} as unknown as Credential

/** Makes this browser one that has passkeys; `answer` is what it does when one is asked for. */
export function withPasskeys(answer: () => Promise<Credential> = async () => A_CREDENTIAL): void {
  vi.stubGlobal('PublicKeyCredential', Object)
  Object.defineProperty(navigator, 'credentials', {
    configurable: true,
    value: { create: answer, get: answer },
  })
}

// What pages look up by the way, for tests that care for something else.
beforeEach(() => {
  serve({
    'GET /auth/oidc': collectionOf([]),
    'GET /auth/two-factor': someFactors(),
    'GET /auth/sessions': collectionOf([aSession()]),
    'GET /users/:id/sessions': collectionOf([]),
    'GET /users/:id/two-factor': aSummary(),
  })
})

const routes: RouteRecordRaw[] = [
  ...(accounts.publicRoutes ?? []),
  ...Object.values(accounts.pages ?? {}).flat(),
  { path: '/', name: 'start', component: { render: () => h('h1', 'Start') } },
]

export interface OpenOptions {
  /** Who is signed in; nobody without it. */
  user?: Partial<SessionUser>
  language?: 'en' | 'ja'
}

/** The feature's pages at an address. */
export async function openPage(at: string, { user, language }: OpenOptions = {}) {
  const App = defineComponent(() => {
    const session = useSessionStore()
    session.user = user ? sessionUser(user) : null
    session.status = user ? 'signed-in' : 'signed-out'
    return () => h(RouterView)
  })
  const { wrapper, router, pinia } = await mountWithApp(App, { routes, at, language })
  const byTestId = (testId: string) => wrapper.get(`[data-testid="${testId}"]`)

  return {
    wrapper,
    router,
    session: useSessionStore(pinia),
    errors: useErrorStore(pinia),
    notices: useNoticeStore(pinia),
    byTestId,
    has: (testId: string) => wrapper.find(`[data-testid="${testId}"]`).exists(),
    fill: async (values: Record<string, string>) => {
      for (const [testId, value] of Object.entries(values)) await byTestId(testId).setValue(value)
    },
    /** The button with this text. */
    button: (text: string) => wrapper.findAll('button').find((button) => button.text() === text)!,
    submit: () => wrapper.get('form:not([role="search"])').trigger('submit'),
    /** The error that stands at a field. */
    errorAt: (testId: string) => {
      const error = wrapper.find(`#${byTestId(testId).attributes('id')}-error`)
      return error.exists() ? error.text() : null
    },
    /** What an alert region says. */
    alert: () =>
      wrapper
        .findAll('[role="alert"]')
        .map((region) => region.text())
        .filter(Boolean)
        .join('\n'),
  }
}
