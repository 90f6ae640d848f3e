import { getMe } from '@/api/generated/sdk.gen'
import { useSessionStore } from '@/shared/stores/session'

let running: Promise<void> | null = null
let isOutdated = false

async function ask(): Promise<void> {
  const session = useSessionStore()
  do {
    isOutdated = false
    if (!session.isSignedIn) return
    try {
      session.updateUser((await getMe()).data)
    } catch {
      // Nobody waits for this: what is refused is said where it matters, and that asks again.
    }
  } while (isOutdated)
}

/** Asks for the account that is signed in, unless that is being done; whatever depends on it follows. */
export function askForAccount(): Promise<void> {
  running ??= ask().finally(() => {
    running = null
  })
  return running
}

/** The account is another one now: an answer that is on its way may be that of before. */
export function accountChanged(): Promise<void> {
  isOutdated = true
  return askForAccount()
}
