import type { FeatureModule } from '@/shared/lib/feature'

export const notifications: FeatureModule = {
  name: 'notifications',
  pages: {
    notifications: [
      {
        path: '/notifications',
        name: 'notifications',
        component: () => import('./views/NotificationsView.vue'),
        meta: { titleKey: 'notifications.title' },
      },
    ],
  },
  headerLinks: { notifications: () => import('./components/NotificationBell.vue') },
  live: () => import('./live'),
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
}
