import { readonly, ref, type Ref } from 'vue'
import type { RouteLocationNormalized, RouteLocationRaw } from 'vue-router'
import type { SecondFactorMethod } from '@/api/generated/types.gen'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'
import { isSecondFactor } from './proofMethods'

/** A sign-in that waits for its second factor. */
export interface Challenge {
  token: string
  methods: SecondFactorMethod[]
}

const challenge = ref<Challenge | null>(null)

/** The challenge that someone came back with from a provider; in memory and nowhere else. */
export const returnedChallenge = readonly(challenge) as Readonly<Ref<Challenge | null>>

export function forgetReturnedChallenge(): void {
  challenge.value = null
}

/** The challenge in `#mfa=…&methods=totp,recovery`, or null when there is none. */
function readChallenge(fragment: URLSearchParams): Challenge | null {
  const token = fragment.get('mfa')
  if (!token) return null
  const methods = (fragment.get('methods') ?? '').split(',').filter(isSecondFactor)
  return { token, methods }
}

/**
 * The guard of the login for those who come back from a provider. `#signed-in` says that the cookie
 * of a new session is there; the fragment of a challenge holds half a sign-in. Both leave the address
 * before the page is shown, which then leads on who is signed in.
 */
export async function takeSignInReturn(
  to: RouteLocationNormalized,
): Promise<RouteLocationRaw | true> {
  const fragment = new URLSearchParams(to.hash.slice(1))
  const signedIn = fragment.has('signed-in')
  const returned = readChallenge(fragment)
  if (!signedIn && !returned) return true

  challenge.value = returned
  if (signedIn) {
    try {
      await useSessionStore().arrive()
    } catch (error) {
      useErrorStore().handleApiError(error, 'accounts.arrive')
    }
  }
  const redirect = fragment.get('redirect')
  const query = redirect === null ? to.query : { ...to.query, redirect }
  return { path: to.path, query, hash: '', replace: true }
}
