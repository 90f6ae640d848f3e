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
  panels: {
    user: { permission: 'audit:read', component: () => import('./components/UserActivity.vue') },
  },
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
}
