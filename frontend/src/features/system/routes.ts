import type { FeatureModule } from '@/shared/lib/feature'

export const system: FeatureModule = {
  name: 'system',
  pages: {
    system: [
      {
        path: '/admin/system',
        name: 'system',
        component: () => import('./views/SystemView.vue'),
        meta: { titleKey: 'system.title' },
      },
    ],
  },
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
}
