import { readonly, ref } from 'vue'
import type { RouteLocationNormalized, RouteLocationRaw } from 'vue-router'

/**
 * The token of a one-time link such as `/reset-password#token=…`; it lives in memory and nowhere
 * else. `take` is a navigation guard that takes it out of the address before the page is shown, so
 * that neither the address bar nor the history keeps it.
 */
export function fragmentToken() {
  const token = ref<string | null>(null)

  function take(to: RouteLocationNormalized): RouteLocationRaw | true {
    const found = new URLSearchParams(to.hash.slice(1)).get('token')
    if (!found) return true
    token.value = found
    return { path: to.path, query: to.query, hash: '', replace: true }
  }

  function forget(): void {
    token.value = null
  }

  return { token: readonly(token), take, forget }
}
