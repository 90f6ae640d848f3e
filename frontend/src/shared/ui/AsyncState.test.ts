import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { h } from 'vue'
import AsyncState from './AsyncState.vue'

function mountState(props: { data: string[] | undefined; error?: string | null }) {
  return mount(AsyncState<string[]>, {
    props: {
      ...props,
      isEmpty: (data: string[]) => data.length === 0,
      loadingLabel: 'Loading',
      retryLabel: 'Try again',
      emptyTitle: 'Nothing yet',
    },
    slots: { default: ({ data }: { data: string[] }) => h('p', data.join(', ')) },
  })
}

describe('AsyncState', () => {
  it('shows a skeleton while nothing has arrived', () => {
    const wrapper = mountState({ data: undefined })
    expect(wrapper.get('[role="status"]').text()).toBe('Loading')
    expect(wrapper.find('button').exists()).toBe(false)
  })

  it('shows what arrived', () => {
    expect(mountState({ data: ['a', 'b'] }).text()).toBe('a, b')
  })

  it('says that there is nothing', () => {
    expect(mountState({ data: [] }).text()).toBe('Nothing yet')
  })

  it('says what failed, and asks for another attempt', async () => {
    const wrapper = mountState({ data: undefined, error: 'Not found' })
    expect(wrapper.text()).toContain('Not found')
    await wrapper.get('button').trigger('click')
    expect(wrapper.emitted('retry')).toHaveLength(1)
  })

  it('keeps what was there when a reload failed', () => {
    expect(mountState({ data: ['a'], error: 'Server error' }).text()).toBe('a')
  })
})
