import { type Component, shallowRef } from 'vue'

/** The frame of the pages of who is signed in, once it is loaded: a visitor never needs it. */
export const appShell = shallowRef<Component | null>(null)

/** Gets that frame; rejects when its file can't be loaded. */
export async function loadAppShell(): Promise<void> {
  appShell.value ??= (await import('./AppShell.vue')).default
}
