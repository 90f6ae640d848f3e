import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { useNoticeStore } from '@/shared/stores/notices'
import { mountWithApp } from '@/testing/mount'
import AppToasts from './AppToasts.vue'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

async function pass(ms: number) {
  vi.advanceTimersByTime(ms)
  await nextTick()
}

describe('a notice', () => {
  it('is read, and goes by itself', async () => {
    const { wrapper } = await mountWithApp(AppToasts)
    useNoticeStore().notify('Saved')
    await nextTick()
    expect(wrapper.get('[role="status"]').text()).toBe('Saved')
    expect(wrapper.find('a').exists()).toBe(false)
    await pass(3999)
    expect(wrapper.text()).toBe('Saved')
    await pass(1)
    expect(wrapper.text()).toBe('')
  })

  it('that leads somewhere stays twice as long, and goes when it was followed', async () => {
    const { wrapper, router } = await mountWithApp(AppToasts)
    const onFollow = vi.fn<() => void>()
    const to = { path: '/rooms/general', query: { at: '4' } }
    useNoticeStore().notify('Taro mentioned you', { to, onFollow })
    await pass(7999)
    expect(wrapper.get('[role="status"] a').text()).toBe('Taro mentioned you')
    expect(onFollow).not.toHaveBeenCalled()
    await wrapper.get('a').trigger('click')
    await flushPromises()
    expect(onFollow).toHaveBeenCalledOnce()
    expect(router.currentRoute.value.fullPath).toBe('/rooms/general?at=4')
    expect(wrapper.text()).toBe('')
  })

  it('can be dismissed, also by who gave it', async () => {
    const { wrapper } = await mountWithApp(AppToasts)
    const notices = useNoticeStore()
    const first = notices.notify('One', { to: '/' })
    notices.notify('Two')
    notices.dismiss(first)
    await nextTick()
    expect(wrapper.text()).toBe('Two')
    await wrapper.get('button').trigger('click')
    expect(wrapper.text()).toBe('')
  })
})
