import { fileTexts } from '@/shared/files/texts'
import type { FeatureModule } from '@/shared/lib/feature'

const RoomsView = () => import('./views/RoomsView.vue')

export const rooms: FeatureModule = {
  name: 'rooms',
  pages: {
    rooms: [
      {
        path: '/rooms',
        name: 'rooms',
        component: RoomsView,
        meta: { titleKey: 'rooms.title', layout: 'full' },
      },
      {
        path: '/rooms/:room([a-z0-9][a-z0-9_-]*)',
        name: 'room',
        component: RoomsView,
        meta: { titleKey: 'rooms.room.title', layout: 'full' },
      },
    ],
  },
  live: () => import('./live'),
  locales: { en: () => import('./locales/en.json'), ja: () => import('./locales/ja.json') },
  sharedTexts: [fileTexts],
}
