const KEY = 'musubi.was-signed-in'

/**
 * Whether a page load is worth an attempt to refresh. It says that someone was signed in here, and
 * carries no credential. Where storage is blocked the attempt is always made.
 */
export function readSessionHint(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    return true
  }
}

export function writeSessionHint(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(KEY, '1')
    else localStorage.removeItem(KEY)
  } catch {
    // Storage is blocked: the next page load simply tries to refresh.
  }
}
