const WAS_SIGNED_IN = 'musubi.was-signed-in'
const SIGN_OUT_DUE = 'musubi.sign-out-due'

function write(key: string, isSet: boolean): void {
  try {
    if (isSet) localStorage.setItem(key, '1')
    else localStorage.removeItem(key)
  } catch {
    // Storage is blocked: the next page load simply doesn't know.
  }
}

/**
 * Whether a page load is worth an attempt to refresh. It says that someone was signed in here, and
 * carries no credential. Where storage is blocked the attempt is always made.
 */
export function readSessionHint(): boolean {
  try {
    return localStorage.getItem(WAS_SIGNED_IN) !== null
  } catch {
    return true
  }
}

export function writeSessionHint(signedIn: boolean): void {
  write(WAS_SIGNED_IN, signedIn)
}

/** Whether someone signed out here while the server couldn't be reached, and it is yet to be told. */
export function readSignOutDue(): boolean {
  try {
    return localStorage.getItem(SIGN_OUT_DUE) !== null
  } catch {
    return false
  }
}

export function writeSignOutDue(isDue: boolean): void {
  write(SIGN_OUT_DUE, isDue)
}
