import { defineComponent, h } from 'vue'
import { RouterView, type RouteRecordRaw } from 'vue-router'
import type { SessionUser } from '@/api'
import type { FeatureModule } from '@/shared/lib/feature'
import { useErrorStore } from '@/shared/stores/errors'
import { useNoticeStore } from '@/shared/stores/notices'
import { useSessionStore } from '@/shared/stores/session'
import { mountWithApp } from './mount'
import { sessionUser } from './session'

interface OpenOptions {
  /** Who is signed in. */
  user?: Partial<SessionUser>
  language?: 'en' | 'ja'
}

/** Pages of other features that links may lead to. */
const ELSEWHERE: RouteRecordRaw = { path: '/:rest(.*)*', component: { render: () => null } }

/** A feature's pages at an address, for someone who is signed in. */
export async function openFeature(
  feature: FeatureModule,
  at: string,
  { user = {}, language }: OpenOptions = {},
) {
  const App = defineComponent(() => {
    const session = useSessionStore()
    session.user = sessionUser(user)
    session.status = 'signed-in'
    return () => h(RouterView)
  })
  const routes = [...Object.values(feature.pages ?? {}).flat(), ELSEWHERE]
  const { wrapper, router, pinia } = await mountWithApp(App, { routes, at, language })
  const byTestId = (testId: string) => wrapper.get(`[data-testid="${testId}"]`)
  return {
    wrapper,
    router,
    byTestId,
    has: (testId: string) => wrapper.find(`[data-testid="${testId}"]`).exists(),
    /** The button with this text. */
    button: (text: string) => wrapper.findAll('button').find((button) => button.text() === text)!,
    errors: useErrorStore(pinia),
    notices: useNoticeStore(pinia),
  }
}
