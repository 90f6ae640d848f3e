import { type Component, inject, type InjectionKey } from 'vue'
import type { Permission } from '@/api/generated/types.gen'

/** Places on the pages of one feature where others may add something of theirs. */
export type PanelPlace = 'user' | 'own-data'

/** What every panel is told: whom or what the page is about. */
interface PanelProps {
  id: number
  name: string
}

export interface Panel {
  /** Who gets to see it; without one, everyone. */
  permission?: Permission
  component: () => Promise<{ default: Component }>
}

/** A panel that is ready to be drawn. */
export interface PlacedPanel {
  permission: Permission | undefined
  component: Component<PanelProps>
}

type FindPanels = (place: PanelPlace) => readonly PlacedPanel[]

/** The application knows all features, and so what they add to each other. */
export const PANELS: InjectionKey<FindPanels> = Symbol('panels')

/** What other features add to this place; nothing where there is no application around. */
export function usePanels(place: PanelPlace): readonly PlacedPanel[] {
  return inject(PANELS, () => [])(place)
}
