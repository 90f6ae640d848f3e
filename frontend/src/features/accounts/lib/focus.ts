import { nextTick } from 'vue'
import type { SettingsSectionName } from './settingsSections'

/** Puts the keyboard into a field, with what stands there selected, to be corrected. */
export function focusField(id: string): void {
  const input = document.getElementById(id)
  if (!(input instanceof HTMLInputElement)) return
  input.focus()
  input.select()
}

async function focusPart(id: string): Promise<void> {
  await nextTick()
  document.getElementById(id)?.focus({ preventScroll: true })
}

/** Puts the keyboard at the beginning of the page, when what had the focus has made way for an answer. */
export const focusContent = () => focusPart('content')

/** The same for a section of the settings, when what had the focus is gone from it. */
export const focusSection = (name: SettingsSectionName) => focusPart(name)
