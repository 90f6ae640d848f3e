import type { DeviceRead } from '@/api/generated/types.gen'

const HANDHELD: readonly string[] = ['Android', 'iOS', 'iPadOS', 'KaiOS', 'Windows Phone']

/** Whether a device is one to hold in the hand, as far as it says. */
export function isHandheld({ system }: DeviceRead): boolean {
  return system !== null && HANDHELD.includes(system)
}
