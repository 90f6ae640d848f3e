import { toAppError } from '@/api'

/** Why there is no item to show, if that is what the failure means; an impossible id is no item. */
export function unavailability(thrown: unknown): 'notFound' | 'forbidden' | null {
  if (!thrown) return null
  const { status } = toAppError(thrown)
  if (status === 404 || status === 422) return 'notFound'
  return status === 403 ? 'forbidden' : null
}
