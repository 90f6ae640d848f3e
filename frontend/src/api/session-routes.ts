/**
 * Routes that start or end a session. A 401 from one of them is an answer (a wrong password, say),
 * not a token that has run out.
 */
const SESSION_ROUTES: readonly string[] = [
  '/api/v1/auth/login',
  '/api/v1/auth/login/mfa',
  '/api/v1/auth/passkeys/login',
  '/api/v1/auth/register',
  '/api/v1/auth/refresh',
  '/api/v1/auth/logout',
  '/api/v1/setup',
]

export function isSessionRoute(url: string): boolean {
  const path = url.split('?')[0] ?? ''
  return SESSION_ROUTES.some((route) => path.endsWith(route))
}
