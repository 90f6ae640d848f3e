import type { RouteLocationRaw } from 'vue-router'
import { useRouter } from 'vue-router'

/** The way back to the list: as it was filtered, if one came from there. */
export function useListLink(): RouteLocationRaw {
  const router = useRouter()
  const { back } = router.options.history.state
  if (typeof back === 'string' && router.resolve(back).name === 'items') return back
  return { name: 'items' }
}
