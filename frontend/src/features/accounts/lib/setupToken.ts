import { readonly, ref } from 'vue'
import type { RouteLocationNormalized, RouteLocationRaw } from 'vue-router'

const token = ref<string | null>(null)

/** The token of the one-time link `/setup#token=…`; it lives in memory and nowhere else. */
export const setupToken = readonly(token)

/**
 * A navigation guard that takes the token out of the address before the page is shown, so that
 * neither the address bar nor the history keeps it.
 */
export function takeSetupToken(to: RouteLocationNormalized): RouteLocationRaw | true {
  const found = new URLSearchParams(to.hash.slice(1)).get('token')
  if (!found) return true
  token.value = found
  return { path: to.path, query: to.query, hash: '', replace: true }
}

export function forgetSetupToken(): void {
  token.value = null
}
