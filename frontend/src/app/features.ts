import { accounts } from '@/features/accounts/routes'
import { items } from '@/features/items/routes'
import type { FeatureModule } from '@/shared/lib/feature'

/** Every feature of the application, in one place. A new feature is its folder and a line here. */
export const features: readonly FeatureModule[] = [items, accounts]
