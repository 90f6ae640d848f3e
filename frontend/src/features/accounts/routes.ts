import type { FeatureModule } from '@/shared/lib/feature'
import { resetLink, setupLink, verificationLink } from './lib/linkTokens'
import { settleSection } from './lib/settingsSections'
import { takeSignInReturn } from './lib/signInReturn'

export const accounts: FeatureModule = {
  name: 'accounts',
  publicRoutes: [
    {
      path: '/login',
      name: 'login',
      component: () => import('./views/LoginView.vue'),
      beforeEnter: takeSignInReturn,
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
      beforeEnter: setupLink.take,
      meta: { public: true, layout: 'narrow', titleKey: 'accounts.setup.title' },
    },
    {
      path: '/forgot-password',
      name: 'forgot-password',
      component: () => import('./views/ForgotPasswordView.vue'),
      meta: { public: true, layout: 'narrow', titleKey: 'accounts.forgot.title' },
    },
    {
      path: '/reset-password',
      name: 'reset-password',
      component: () => import('./views/ResetPasswordView.vue'),
      beforeEnter: resetLink.take,
      meta: { public: true, layout: 'narrow', titleKey: 'accounts.reset.title' },
    },
    {
      path: '/verify-email',
      name: 'verify-email',
      component: () => import('./views/VerifyEmailView.vue'),
      beforeEnter: verificationLink.take,
      meta: { public: true, layout: 'narrow', titleKey: 'accounts.verify.title' },
    },
  ],
  pages: {
    settings: [
      {
        path: '/settings',
        name: 'settings',
        component: () => import('./views/SettingsView.vue'),
        beforeEnter: settleSection,
        meta: { titleKey: 'accounts.settings.title' },
      },
      {
        path: '/settings/security',
        name: 'settings-security',
        component: () => import('./views/SecurityView.vue'),
        beforeEnter: settleSection,
        meta: { titleKey: 'accounts.settings.titles.security' },
      },
      {
        path: '/settings/appearance',
        name: 'settings-appearance',
        component: () => import('./views/AppearanceView.vue'),
        beforeEnter: settleSection,
        meta: { titleKey: 'accounts.settings.titles.appearance' },
      },
      {
        path: '/settings/data',
        name: 'settings-data',
        component: () => import('./views/DataView.vue'),
        beforeEnter: settleSection,
        meta: { titleKey: 'accounts.settings.titles.data' },
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
