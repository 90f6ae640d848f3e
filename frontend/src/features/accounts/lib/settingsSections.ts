export const SETTINGS_SECTIONS = ['profile', 'password', 'appearance', 'language'] as const
export type SettingsSectionName = (typeof SETTINGS_SECTIONS)[number]
