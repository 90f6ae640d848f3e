import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import UiMenu from './UiMenu.vue'
import UiMenuItem from './UiMenuItem.vue'

function mountMenu(onClick = vi.fn<() => void>()) {
  return mount(UiMenu, {
    props: { label: 'Actions' },
    attrs: { 'data-testid': 'menu' },
    slots: {
      trigger: 'Open',
      default: () => ['One', 'Two', 'Three'].map((text) => h(UiMenuItem, { onClick }, () => text)),
    },
    attachTo: document.body,
  })
}

const focused = () => document.activeElement?.textContent?.trim()

describe('UiMenu', () => {
  it('opens with the focus on the first entry', async () => {
    const wrapper = mountMenu()
    const trigger = wrapper.get('button[data-testid="menu"]')
    expect(trigger.attributes()).toMatchObject({
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
    })
    await trigger.trigger('click')
    expect(trigger.attributes('aria-expanded')).toBe('true')
    await vi.waitFor(() => expect(focused()).toBe('One'))
  })

  it.each([
    ['ArrowDown', 'Two'],
    ['ArrowUp', 'Three'],
    ['End', 'Three'],
    ['Home', 'One'],
  ])('moves by %s', async (key, expected) => {
    const wrapper = mountMenu()
    await wrapper.get('button').trigger('click')
    await vi.waitFor(() => expect(focused()).toBe('One'))
    await wrapper.get('[role="menu"]').trigger('keydown', { key })
    expect(focused()).toBe(expected)
  })

  it('closes on Escape and gives the focus back', async () => {
    const wrapper = mountMenu()
    await wrapper.get('button').trigger('click')
    await wrapper.get('[role="menu"]').trigger('keydown', { key: 'Escape' })
    expect(wrapper.find('[role="menu"]').exists()).toBe(false)
    expect(document.activeElement).toBe(wrapper.get('button').element)
  })

  it('closes when something else is pressed, and leaves the focus there', async () => {
    const wrapper = mountMenu()
    await wrapper.get('button').trigger('click')
    await wrapper.get('[role="menu"]').trigger('pointerdown')
    expect(wrapper.find('[role="menu"]').exists()).toBe(true)
    document.body.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))
    await vi.waitFor(() => expect(wrapper.find('[role="menu"]').exists()).toBe(false))
    expect(document.activeElement).not.toBe(wrapper.get('button').element)
  })

  it('closes once something was chosen', async () => {
    const onClick = vi.fn<() => void>()
    const wrapper = mountMenu(onClick)
    await wrapper.get('button').trigger('click')
    await wrapper.findAll('[role="menuitem"]')[1]!.trigger('click')
    expect(onClick).toHaveBeenCalledOnce()
    expect(wrapper.find('[role="menu"]').exists()).toBe(false)
  })

  it('stays open for a choice among several, so that its effect can be seen', async () => {
    const wrapper = mount(UiMenu, {
      props: { label: 'Theme' },
      slots: { default: () => h(UiMenuItem, { checked: true }, () => 'Dark') },
      attachTo: document.body,
    })
    await wrapper.get('button').trigger('click')
    const entry = wrapper.get('[role="menuitemradio"]')
    expect(entry.attributes('aria-checked')).toBe('true')
    await entry.trigger('click')
    expect(wrapper.find('[role="menu"]').exists()).toBe(true)
  })
})
