import { createMemoryHistory, createRouter, type RouteRecordRaw } from 'vue-router'
import type { FeatureModule } from '@/shared/lib/feature'

/** All pages the code has views for, whether or not someone may open them. */
export interface Catalogue {
  /** The routes of a page, each marked with its name; none for a page that has no view here. */
  routesOf(page: string): RouteRecordRaw[]
  /** Whether some page answers to this path. */
  has(path: string): boolean
}

export function createCatalogue(features: readonly FeatureModule[]): Catalogue {
  const pages = new Map<string, RouteRecordRaw[]>()
  for (const feature of features) {
    for (const [page, routes] of Object.entries(feature.pages ?? {})) {
      pages.set(
        page,
        routes.map((route) => ({ ...route, meta: { ...route.meta, page } })),
      )
    }
  }
  // A router that never navigates: it only matches paths, in the same way as the real one.
  const matcher = createRouter({
    history: createMemoryHistory(),
    routes: [...pages.values()].flat().concat({ path: '/:rest(.*)*', component: {} }),
  })
  return {
    routesOf: (page) => pages.get(page) ?? [],
    has: (path) => matcher.resolve(path).matched[0]?.meta.page !== undefined,
  }
}
