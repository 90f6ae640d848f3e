import { PiniaColada, PiniaColadaQueryHooksPlugin } from '@pinia/colada'
import { createPinia } from 'pinia'
import persistedState from 'pinia-plugin-persistedstate'
import { createApp } from 'vue'
import { PANELS } from '@/shared/lib/panels'
import App from './App.vue'
import { installErrorHandling, reportQueryError } from './error-handling'
import { features } from './features'
import { i18n } from './i18n'
import { followLive } from './live-follow'
import { followPermissions } from './permissions-follow'
import { followPreferences } from './preferences-follow'
import { collectPanels } from './panels'
import { createAppRouter } from './router'
import { followSession } from './session-follow'
import './styles/main.css'

/**
 * Starts the application. A function and no top-level await: the first view's file may import from
 * this one's, and would wait for it to finish while it waits for the view.
 */
async function start(): Promise<void> {
  const router = createAppRouter(features)
  const app = createApp(App)

  app.use(createPinia().use(persistedState))
  app.use(PiniaColada, {
    queryOptions: { staleTime: 10_000, gcTime: 300_000 },
    plugins: [PiniaColadaQueryHooksPlugin({ onError: reportQueryError })],
  })
  app.provide(PANELS, collectPanels(features))
  installErrorHandling(app, router)
  followSession(router)
  followPermissions(router)
  followLive(app, features)

  // The texts, the session and the first view are on their way at the same time.
  const texts = followPreferences()
  app.use(router)
  // A view that can't be loaded is reported by the router's handler; the shell stands all the same.
  const firstView = router.isReady().catch(() => undefined)
  await Promise.all([texts, firstView])
  app.use(i18n)
  app.mount('#app')
}

void start()
