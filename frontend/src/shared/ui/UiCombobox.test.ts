import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import UiCombobox from './UiCombobox.vue'

const people = [
  { value: 1, label: 'Hanako', hint: 'hanako' },
  { value: 2, label: 'Taro' },
]

function open(chosen: number | null = null) {
  const wrapper = mount(UiCombobox, {
    attachTo: document.body,
    props: {
      label: 'Who',
      options: people,
      chosenLabel: 'Hanako',
      clearLabel: 'Clear',
      noneLabel: 'Nobody',
      modelValue: chosen,
      search: '',
      'onUpdate:modelValue': (modelValue: unknown) =>
        wrapper.setProps({ modelValue: modelValue as number | null }),
      'onUpdate:search': (search: string) => wrapper.setProps({ search }),
    },
  })
  const input = wrapper.get<HTMLInputElement>('[role="combobox"]')
  return {
    wrapper,
    input,
    press: (key: string) => input.trigger('keydown', { key }),
    isOpen: () => input.attributes('aria-expanded') === 'true',
    active: () => {
      const id = input.attributes('aria-activedescendant')
      return id ? document.getElementById(id)?.textContent?.trim() : undefined
    },
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('UiCombobox', () => {
  it('searches when the typing rests, and takes the option that the keys chose', async () => {
    const { wrapper, input, press, isOpen, active } = open()
    await input.setValue(' ta ')
    expect(isOpen()).toBe(true)
    expect(wrapper.props('search')).toBe('')
    await vi.advanceTimersByTimeAsync(250)
    expect(wrapper.props('search')).toBe('ta')

    await press('ArrowDown')
    expect(active()).toBe('Taro')
    await press('ArrowDown')
    expect(active()).toMatch(/^Hanako/u)
    await press('ArrowUp')
    await press('Enter')
    expect(wrapper.props('modelValue')).toBe(2)
    expect(wrapper.props('search')).toBe('')
    expect(isOpen()).toBe(false)
  })

  it('takes the option that was pressed', async () => {
    const { wrapper, input } = open()
    await input.trigger('click')
    await wrapper.findAll('[role="option"]')[1]!.trigger('click')
    expect(wrapper.props('modelValue')).toBe(2)
  })

  it('shows the choice again when it is left, and gives it up at the button', async () => {
    const { wrapper, input, press, isOpen } = open(1)
    expect(input.element.value).toBe('Hanako')
    await input.setValue('x')
    await press('Escape')
    expect(isOpen()).toBe(false)
    expect(input.element.value).toBe('Hanako')
    await wrapper.get('[aria-label="Clear"]').trigger('click')
    expect(wrapper.props('modelValue')).toBeNull()
    expect(input.element.value).toBe('')
  })

  it('leaves the keys to an input method while it composes', async () => {
    const { wrapper, input } = open()
    await input.trigger('click')
    await input.trigger('keydown', { key: 'Enter', isComposing: true })
    expect(wrapper.props('modelValue')).toBeNull()
  })

  it('says that nothing was found', async () => {
    const { wrapper, input } = open()
    await wrapper.setProps({ options: [] })
    await input.trigger('click')
    expect(wrapper.text()).toContain('Nobody')
    await input.trigger('keydown', { key: 'Enter' })
    expect(wrapper.props('modelValue')).toBeNull()
  })
})
