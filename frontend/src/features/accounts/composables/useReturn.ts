import { onMounted, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { useNoticeStore } from '@/shared/stores/notices'

/**
 * What someone came back from a provider with: a refusal, to be shown where they land, or the news
 * that an account is connected. The address forgets both, so that a reload doesn't tell them again.
 */
export function useReturn(titleOf: (provider: string) => string = (name) => name) {
  const { t, te } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const notices = useNoticeStore()
  const { error, linked, ...query } = route.query

  const key = `accounts.return.${String(error)}`
  const refusal = ref<string | null>(
    error === undefined ? null : t(te(key) ? key : 'accounts.return.provider'),
  )

  onMounted(() => {
    if (typeof linked === 'string') {
      notices.notify(t('accounts.connections.connected', { title: titleOf(linked) }))
    }
    if (error !== undefined || linked !== undefined) {
      void router.replace({ query, hash: route.hash })
    }
  })

  return { refusal }
}
