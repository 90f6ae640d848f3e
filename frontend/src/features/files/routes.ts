import { fileTexts } from '@/shared/files/texts'
import type { FeatureModule } from '@/shared/lib/feature'

export const files: FeatureModule = {
  name: 'files',
  pages: {
    files: [
      {
        path: '/files',
        name: 'files',
        component: () => import('./views/FilesView.vue'),
        meta: { titleKey: 'files.title' },
      },
    ],
  },
  live: () => import('./live'),
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
  sharedTexts: [fileTexts],
}
