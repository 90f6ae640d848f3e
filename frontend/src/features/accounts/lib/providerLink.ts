import { http } from '@/api/instance'

/** Where signing in at a provider begins: a link of the server, which leads on and back to `redirect`. */
export function providerLink(name: string, redirect: unknown): string {
  const params = typeof redirect === 'string' ? { redirect } : undefined
  return http.getUri({ url: `/api/v1/auth/oidc/${encodeURIComponent(name)}/start`, params })
}
