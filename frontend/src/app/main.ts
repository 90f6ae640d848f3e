import { PiniaColada, PiniaColadaQueryHooksPlugin } from '@pinia/colada'
import { createPinia } from 'pinia'
import persistedState from 'pinia-plugin-persistedstate'
import { createApp } from 'vue'
import { usePreferencesStore } from '@/shared/stores/preferences'
import App from './App.vue'
import { installErrorHandling, reportQueryError } from './error-handling'
import { features } from './features'
import { i18n, setLanguage } from './i18n'
import { createAppRouter } from './router'
import { followSession } from './session-follow'
import './styles/main.css'

const pinia = createPinia().use(persistedState)
const router = createAppRouter(features)
const app = createApp(App)

app.use(pinia)
app.use(PiniaColada, {
  queryOptions: { staleTime: 10_000, gcTime: 300_000, refetchOnWindowFocus: true },
  plugins: [PiniaColadaQueryHooksPlugin({ onError: reportQueryError })],
})
installErrorHandling(app)
followSession(router)

await setLanguage(usePreferencesStore().language, features)
app.use(i18n)
app.use(router)
await router.isReady()
app.mount('#app')
