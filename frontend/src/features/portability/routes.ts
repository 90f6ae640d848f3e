import type { FeatureModule } from '@/shared/lib/feature'

export const portability: FeatureModule = {
  name: 'portability',
  panels: { 'own-data': { component: () => import('./components/OwnData.vue') } },
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
}
