import type { FeatureModule } from '@/shared/lib/feature'

export const audit: FeatureModule = {
  name: 'audit',
  pages: {
    audit: [
      {
        path: '/admin/audit',
        name: 'audit',
        component: () => import('./views/AuditView.vue'),
        meta: { titleKey: 'audit.title' },
      },
    ],
  },
  lazyTexts: true,
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
}
