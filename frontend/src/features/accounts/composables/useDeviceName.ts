import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { SessionRead } from '@/api/generated/types.gen'
import { useSessions } from '../sessionQueries'

/** What a session is called: by its browser and system, or by whatever its client says of itself. */
export function useDeviceName() {
  const { t } = useI18n()
  return ({ device, user_agent }: Pick<SessionRead, 'device' | 'user_agent'>): string => {
    const { browser, system } = device
    if (browser && system) return t('accounts.sessions.device', { browser, system })
    return browser ?? system ?? user_agent ?? t('accounts.sessions.unknown')
  }
}

/** What this browser is called, as the server sees it. */
export function useOwnDeviceName() {
  const { t } = useI18n()
  const { data: sessions } = useSessions()
  const deviceName = useDeviceName()
  return computed(() => {
    const own = sessions.value?.find(({ current }) => current)
    return own ? deviceName(own).slice(0, 100) : t('accounts.sessions.unknown')
  })
}
