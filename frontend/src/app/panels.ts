import { defineAsyncComponent } from 'vue'
import type { FeatureModule } from '@/shared/lib/feature'
import type { PanelPlace, PlacedPanel } from '@/shared/lib/panels'
import { loadTextsOf } from './i18n'

/** Finds what the features add to each other's pages; a panel arrives together with its texts. */
export function collectPanels(features: readonly FeatureModule[]) {
  const placed = new Map<PanelPlace, PlacedPanel[]>()
  for (const feature of features) {
    for (const [place, panel] of Object.entries(feature.panels ?? {})) {
      const component = defineAsyncComponent(async () => {
        const [view] = await Promise.all([panel.component(), loadTextsOf(feature)])
        return view
      })
      const others = placed.get(place as PanelPlace) ?? []
      placed.set(place as PanelPlace, [...others, { permission: panel.permission, component }])
    }
  }
  return (place: PanelPlace): readonly PlacedPanel[] => placed.get(place) ?? []
}
