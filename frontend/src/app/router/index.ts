import { createRouter, createWebHistory, type Router, type RouterHistory } from 'vue-router'
import type { FeatureModule } from '@/shared/lib/feature'
import UnavailableView from '../views/UnavailableView.vue'
import { createCatalogue, publicRoutes } from './catalogue'
import { installGuards } from './guards'

/**
 * The router with its public routes and guards. The three catch-alls match the same paths: an
 * unknown path finds the first, the guards show the others in its place, keeping the address. The
 * last one is there from the beginning: it is for when nothing can be loaded.
 */
export function createAppRouter(
  features: readonly FeatureModule[],
  history: RouterHistory = createWebHistory(),
): Router {
  const router = createRouter({
    history,
    routes: [
      ...publicRoutes(features),
      {
        path: '/:rest(.*)*',
        name: 'not-found',
        component: () => import('../views/NotFoundView.vue'),
        meta: { titleKey: 'errors.notFound.title' },
      },
      {
        path: '/:rest(.*)*',
        name: 'forbidden',
        component: () => import('../views/ForbiddenView.vue'),
        meta: { titleKey: 'errors.forbidden.title' },
      },
      {
        path: '/:rest(.*)*',
        name: 'unavailable',
        component: UnavailableView,
        meta: { titleKey: 'errors.unavailable.title' },
      },
    ],
    scrollBehavior: (to, from, saved) => {
      if (saved) return saved
      const anchor = to.hash && document.getElementById(to.hash.slice(1))
      if (anchor) return { el: anchor }
      return to.path === from.path ? false : { top: 0 }
    },
  })
  installGuards(router, createCatalogue(features))
  return router
}
