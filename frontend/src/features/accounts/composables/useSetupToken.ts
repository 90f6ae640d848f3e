import { readonly, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/**
 * The token of the one-time link `/setup#token=…`, or null. It is taken out of the address bar and
 * the browser's history at once, and from then on only lives in this component's memory.
 */
export function useSetupToken() {
  const route = useRoute()
  const router = useRouter()
  const token = ref<string | null>(null)

  watch(
    () => route.hash,
    (hash) => {
      const found = new URLSearchParams(hash.slice(1)).get('token')
      if (!found) return
      token.value = found
      void router.replace({ path: route.path, query: route.query, hash: '' })
    },
    { immediate: true },
  )

  return readonly(token)
}
