import { watchEffect } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute } from 'vue-router'

/** Names the document after what it shows, once that is known; until then it has the title of the page. */
export function usePageTitle(title: () => string | undefined): void {
  const { t } = useI18n()
  const route = useRoute()
  watchEffect(
    () => {
      const known = title()
      // Read first: the application sets the page's title whenever one of these changes.
      const { titleKey } = route.meta
      const name = t('app.name')
      if (known && titleKey) document.title = `${known} · ${name}`
    },
    { flush: 'post' },
  )
}
