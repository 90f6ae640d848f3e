import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import UiTabs from './UiTabs.vue'

const tabs = ['text', 'html', 'source'].map((value) => ({ value, label: value }))

function open() {
  const wrapper = mount(UiTabs, {
    attachTo: document.body,
    props: {
      label: 'Views',
      tabs,
      modelValue: 'text',
      'onUpdate:modelValue': (modelValue: string) => wrapper.setProps({ modelValue }),
    },
  })
  const state = () => ({
    chosen: wrapper.get('[aria-selected="true"]').text(),
    focused: document.activeElement?.textContent?.trim(),
    reachable: wrapper.findAll('[tabindex="0"]').map((tab) => tab.text()),
  })
  const press = (key: string) => wrapper.get('[aria-selected="true"]').trigger('keydown', { key })
  return { wrapper, state, press }
}

it('is walked by arrow keys, Home and End, with one stop for the Tab key', async () => {
  const { press, state } = open()
  for (const [key, chosen] of [
    ['ArrowRight', 'html'],
    ['End', 'source'],
    ['ArrowRight', 'text'],
    ['ArrowLeft', 'source'],
    ['Home', 'text'],
  ] as const) {
    await press(key)
    expect(state()).toEqual({ chosen, focused: chosen, reachable: [chosen] })
  }
  await press('x')
  expect(state().chosen).toBe('text')
})

it('names its view after the chosen tab', async () => {
  const { wrapper } = open()
  await wrapper.findAll('[role="tab"]')[1]!.trigger('click')
  const panel = wrapper.get('[role="tabpanel"]')
  const tab = wrapper.get('[aria-selected="true"]')
  expect(tab.text()).toBe('html')
  expect(panel.attributes('aria-labelledby')).toBe(tab.attributes('id'))
  expect(tab.attributes('aria-controls')).toBe(panel.attributes('id'))
})
