import { createMemoryHistory, createRouter, type RouteRecordRaw } from 'vue-router'
import type { FeatureModule } from '@/shared/lib/feature'
import { loadTextsOf } from '../i18n'

/** The routes that need no session. */
export function publicRoutes(features: readonly FeatureModule[]): RouteRecordRaw[] {
  return features.flatMap((feature) =>
    (feature.publicRoutes ?? []).map((route) => withTexts(route, feature)),
  )
}

/** All pages the code has views for, whether or not someone may open them. */
export interface Catalogue {
  /** The routes of a page, each marked with its name; none for a page that has no view here. */
  routesOf(page: string): RouteRecordRaw[]
  /** Whether some page answers to this path. */
  has(path: string): boolean
}

/** The route, whose view arrives together with the feature's texts. */
function withTexts(route: RouteRecordRaw, feature: FeatureModule): RouteRecordRaw {
  const loadView = route.component as () => Promise<unknown>
  const component = async () => {
    const [view] = await Promise.all([loadView(), loadTextsOf(feature)])
    return view
  }
  return { ...route, component } as RouteRecordRaw
}

export function createCatalogue(features: readonly FeatureModule[]): Catalogue {
  const pages = new Map<string, RouteRecordRaw[]>()
  for (const feature of features) {
    for (const [page, routes] of Object.entries(feature.pages ?? {})) {
      pages.set(
        page,
        routes.map((route) => withTexts({ ...route, meta: { ...route.meta, page } }, feature)),
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
