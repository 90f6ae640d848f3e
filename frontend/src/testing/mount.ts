import { PiniaColada } from '@pinia/colada'
import { mount, type MountingOptions } from '@vue/test-utils'
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import { onTestFinished } from 'vitest'
import type { Component } from 'vue'
import { createI18n } from 'vue-i18n'
import { createMemoryHistory, createRouter, type RouteRecordRaw, type Router } from 'vue-router'

type Messages = Record<string, unknown>

/** Every locale file of one language, merged as the application does it. */
export function allMessages(language: 'en' | 'ja'): Messages {
  const files = {
    en: import.meta.glob<Messages>('../**/locales/en.json', { eager: true, import: 'default' }),
    ja: import.meta.glob<Messages>('../**/locales/ja.json', { eager: true, import: 'default' }),
  }
  return Object.assign({}, ...Object.values(files[language])) as Messages
}

export interface AppMountOptions {
  props?: Record<string, unknown>
  slots?: MountingOptions<never>['slots']
  language?: 'en' | 'ja'
  routes?: RouteRecordRaw[]
  /** The address the component is mounted at. */
  at?: string
  /** Gets what components throw, as the application's handler does; without it the test fails. */
  onError?: (error: unknown) => void
}

/** Mounts a component with what the application gives it: texts, stores, queries and a router. */
export async function mountWithApp(component: Component, options: AppMountOptions = {}) {
  const { props, slots, language = 'en', routes, at = '/', onError } = options
  const pinia = createPinia()
  setActivePinia(pinia)
  onTestFinished(() => disposePinia(pinia))
  const i18n = createI18n({
    legacy: false,
    locale: language,
    messages: { [language]: allMessages(language) } as never,
  })
  const router: Router = createRouter({
    history: createMemoryHistory(),
    routes: routes ?? [{ path: '/:rest(.*)*', component: { render: () => null } }],
  })
  await router.push(at)
  const wrapper = mount(component, {
    props: props as never,
    slots: slots as never,
    attachTo: document.body,
    global: {
      plugins: [pinia, PiniaColada, i18n, router],
      config: onError ? { errorHandler: onError } : {},
    },
  })
  return { wrapper, router, pinia }
}
