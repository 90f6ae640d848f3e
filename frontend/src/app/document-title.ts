import { watchEffect } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'

/** Keeps the document's title that of the page, in the chosen language. */
export function useDocumentTitle(): void {
  const { t } = useI18n()
  const route = useRoute()
  watchEffect(() => {
    const { titleKey } = route.meta
    document.title = titleKey ? `${t(titleKey)} · ${t('app.name')}` : t('app.name')
  })
}
