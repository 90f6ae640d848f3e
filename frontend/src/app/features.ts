import { accounts } from '@/features/accounts/routes'
import { audit } from '@/features/audit/routes'
import { files } from '@/features/files/routes'
import { items } from '@/features/items/routes'
import { mail } from '@/features/mail/routes'
import { notifications } from '@/features/notifications/routes'
import { portability } from '@/features/portability/routes'
import { rooms } from '@/features/rooms/routes'
import { system } from '@/features/system/routes'
import type { FeatureModule } from '@/shared/lib/feature'

/** Every feature of the application, in one place. A new feature is its folder and a line here. */
export const features: readonly FeatureModule[] = [
  items,
  rooms,
  files,
  notifications,
  accounts,
  audit,
  mail,
  system,
  portability,
]
