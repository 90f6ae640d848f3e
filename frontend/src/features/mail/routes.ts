import type { FeatureModule } from '@/shared/lib/feature'

export const mail: FeatureModule = {
  name: 'mail',
  pages: {
    mail: [
      {
        path: '/admin/mail',
        name: 'mails',
        component: () => import('./views/MailListView.vue'),
        meta: { titleKey: 'mail.title' },
      },
      {
        path: '/admin/mail/:id(\\d+)',
        name: 'mail',
        component: () => import('./views/MailView.vue'),
        props: ({ params }) => ({ id: Number(params.id) }),
        meta: { titleKey: 'mail.one' },
      },
    ],
  },
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
}
