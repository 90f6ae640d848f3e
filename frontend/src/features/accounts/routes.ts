import type { FeatureModule } from '@/shared/lib/feature'
import { takeSetupToken } from './lib/setupToken'

export const accounts: FeatureModule = {
  name: 'accounts',
  publicRoutes: [
    {
      path: '/login',
      name: 'login',
      component: () => import('./views/LoginView.vue'),
      meta: { public: true, guestOnly: true, layout: 'narrow', titleKey: 'accounts.login.title' },
    },
    {
      path: '/register',
      name: 'register',
      component: () => import('./views/RegisterView.vue'),
      meta: {
        public: true,
        guestOnly: true,
        layout: 'narrow',
        titleKey: 'accounts.register.title',
      },
    },
    {
      path: '/setup',
      name: 'setup',
      component: () => import('./views/SetupView.vue'),
      beforeEnter: takeSetupToken,
      meta: { public: true, layout: 'narrow', titleKey: 'accounts.setup.title' },
    },
  ],
  pages: {
    settings: [
      {
        path: '/settings',
        name: 'settings',
        component: () => import('./views/SettingsView.vue'),
        meta: { titleKey: 'accounts.settings.title' },
      },
    ],
    users: [
      {
        path: '/admin/users',
        name: 'users',
        component: () => import('./views/UserListView.vue'),
        meta: { titleKey: 'accounts.users.title' },
      },
      {
        path: '/admin/users/new',
        name: 'user-create',
        component: () => import('./views/UserCreateView.vue'),
        meta: { titleKey: 'accounts.userCreate.title' },
      },
      {
        path: '/admin/users/:id(\\d+)',
        name: 'user',
        component: () => import('./views/UserView.vue'),
        props: ({ params }) => ({ id: Number(params.id) }),
        meta: { titleKey: 'accounts.user.title' },
      },
    ],
  },
  locales: {
    en: () => import('./locales/en.json'),
    ja: () => import('./locales/ja.json'),
  },
}
