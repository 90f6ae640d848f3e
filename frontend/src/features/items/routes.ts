import type { RouteLocationNormalized } from 'vue-router'
import { fileTexts } from '@/shared/files/texts'
import type { FeatureModule } from '@/shared/lib/feature'

const itemId = ({ params }: RouteLocationNormalized) => ({ id: Number(params.id) })

export const items: FeatureModule = {
  name: 'items',
  pages: {
    dashboard: [
      {
        path: '/',
        name: 'dashboard',
        component: () => import('./views/DashboardView.vue'),
        meta: { titleKey: 'items.dashboard.title' },
      },
    ],
    items: [
      {
        path: '/items',
        name: 'items',
        component: () => import('./views/ItemListView.vue'),
        meta: { titleKey: 'items.list.title' },
      },
      {
        path: '/items/new',
        name: 'item-create',
        component: () => import('./views/ItemCreateView.vue'),
        meta: { titleKey: 'items.create.title' },
      },
      {
        path: '/items/:id(\\d+)',
        name: 'item',
        component: () => import('./views/ItemView.vue'),
        props: itemId,
        meta: { titleKey: 'items.view.title' },
      },
      {
        path: '/items/:id(\\d+)/edit',
        name: 'item-edit',
        component: () => import('./views/ItemEditView.vue'),
        props: itemId,
        meta: { titleKey: 'items.edit.title' },
      },
    ],
  },
  live: () => import('./live'),
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
  sharedTexts: [fileTexts],
}
