import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { mountWithApp } from '@/testing/mount'
import CrashBoundary from './CrashBoundary.vue'

/** A view with a button, after which it fails at the wanted moment. */
function view(moment: 'setup' | 'render' | 'click') {
  const child = defineComponent({
    setup() {
      throw new Error('setup')
    },
    render: () => null,
  })
  return defineComponent(() => {
    const pressed = ref(false)
    const onClick = () => {
      if (moment === 'click') throw new Error('click')
      pressed.value = true
    }
    return () => {
      if (!pressed.value) return h('button', { onClick }, 'View')
      if (moment === 'setup') return h(child)
      throw new Error('render')
    }
  })
}

async function mountBoundary(moment: Parameters<typeof view>[0]) {
  const onError = vi.fn<(error: unknown) => void>()
  const { wrapper, router } = await mountWithApp(
    defineComponent(() => () => h(CrashBoundary, () => h(view(moment)))),
    { onError },
  )
  return { wrapper, router, onError }
}

describe('CrashBoundary', () => {
  it.each(['setup', 'render'] as const)(
    'takes the place of a view that failed in its %s',
    async (moment) => {
      const { wrapper, onError } = await mountBoundary(moment)
      await wrapper.get('button').trigger('click')
      await flushPromises()
      expect(wrapper.get('h1').text()).toBe('This page has failed')
      expect(onError).toHaveBeenCalledOnce()
    },
  )

  it('leaves the view when only a handler failed', async () => {
    const { wrapper, onError } = await mountBoundary('click')
    await wrapper.get('button').trigger('click')
    expect(wrapper.text()).toBe('View')
    expect(onError).toHaveBeenCalledOnce()
  })

  it('gives the next page a chance', async () => {
    const { wrapper, router } = await mountBoundary('render')
    await wrapper.get('button').trigger('click')
    await router.push('/other')
    await flushPromises()
    expect(wrapper.text()).toBe('View')
  })
})
