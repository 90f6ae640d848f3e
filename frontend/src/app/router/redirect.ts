/**
 * A path of this application to go on to after signing in, or `/`. Anything that could lead
 * elsewhere (`//host`, `/\host`, another scheme) is refused: the value comes from the address bar.
 */
export function safeRedirect(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('/')) return '/'
  let target: URL
  try {
    target = new URL(value, location.origin)
  } catch {
    return '/'
  }
  if (target.origin !== location.origin || target.pathname.startsWith('//')) return '/'
  return target.pathname + target.search + target.hash
}
