import type { TextFiles } from '@/shared/lib/feature'

/**
 * The texts of everything in here, for the `sharedTexts` of a feature that uses it. Not in `index.ts`:
 * routes are a part of the first page load, and nothing else of files is.
 */
export const fileTexts: TextFiles = {
  en: () => import('./locales/en.json'),
  ja: () => import('./locales/ja.json'),
}
