import { type Component, defineAsyncComponent } from 'vue'
import type { FeatureModule } from '@/shared/lib/feature'
import { features } from './features'
import { loadTextsOf } from './i18n'

/** Makes what the features put into the header ready to be drawn; a link arrives together with its texts. */
function collect(all: readonly FeatureModule[]): ReadonlyMap<string, Component> {
  const links = new Map<string, Component>()
  for (const feature of all) {
    for (const [page, load] of Object.entries(feature.headerLinks ?? {})) {
      const component = defineAsyncComponent(async () => {
        const [link] = await Promise.all([load(), loadTextsOf(feature)])
        return link.default
      })
      links.set(page, component)
    }
  }
  return links
}

const links = collect(features)

/** What leads to a page from the header; nothing for a page that stands in the menu. */
export function headerLinkOf(page: string): Component | undefined {
  return links.get(page)
}
