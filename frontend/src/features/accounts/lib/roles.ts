import type { Role } from '@/api/generated/types.gen'

/** From the fewest rights to the most. */
export const ROLES = ['member', 'editor', 'admin'] as const satisfies readonly Role[]
