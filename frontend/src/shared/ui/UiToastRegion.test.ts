import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import UiToastRegion from './UiToastRegion.vue'

const texts = { label: 'Notifications', dismissLabel: 'Dismiss' }

describe('UiToastRegion', () => {
  it('has its live regions before there is anything to announce', () => {
    const wrapper = mount(UiToastRegion, { props: { ...texts, errors: [], notices: [] } })
    expect(wrapper.find('[role="alert"]').exists()).toBe(true)
    expect(wrapper.find('[role="status"]').exists()).toBe(true)
    expect(wrapper.find('[data-testid="error-notification"]').exists()).toBe(false)
  })

  it('announces errors at once, under one test id however many there are', async () => {
    const errors = [
      { id: '1', message: 'first' },
      { id: '2', message: 'second' },
    ]
    const wrapper = mount(UiToastRegion, { props: { ...texts, errors, notices: [] } })
    expect(wrapper.findAll('[data-testid="error-notification"]')).toHaveLength(1)
    expect(wrapper.get('[role="alert"]').text()).toContain('second')
    await wrapper.findAll('button')[1]!.trigger('click')
    expect(wrapper.emitted('dismissError')).toEqual([['2']])
  })
})
