import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import UiAvatar from './UiAvatar.vue'

const initialsOf = (name: string) =>
  mount(UiAvatar, { props: { name } }).get('[data-initials]').attributes('data-initials')

describe('the avatar', () => {
  it.each([
    ['Hanako Yuki', 'HY'],
    ['taro', 'T'],
    ['anna-lena.maier', 'AL'],
    ['山田 花子', '山'],
    ['𠮷田', '𠮷'],
    ['', ''],
  ])('of %s without a picture is %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials)
  })

  it('shows the initials until the picture is there, and again while the next one comes', async () => {
    const wrapper = mount(UiAvatar, { props: { name: 'Hanako', src: '/one.jpg' } })
    expect(wrapper.find('[data-initials]').exists()).toBe(true)
    expect(wrapper.get('img').classes()).toContain('invisible')
    await wrapper.get('img').trigger('load')
    expect(wrapper.find('[data-initials]').exists()).toBe(false)
    expect(wrapper.get('img').classes()).not.toContain('invisible')
    await wrapper.setProps({ src: '/two.jpg' })
    expect(wrapper.find('[data-initials]').exists()).toBe(true)
  })

  it('keeps the initials and says so when the picture doesn’t come; another one is tried', async () => {
    const wrapper = mount(UiAvatar, { props: { name: 'Hanako', src: '/one.jpg' } })
    await wrapper.get('img').trigger('error')
    expect(wrapper.find('[data-initials]').exists()).toBe(true)
    expect(wrapper.find('img').exists()).toBe(false)
    expect(wrapper.emitted('failed')).toHaveLength(1)
    await wrapper.setProps({ src: '/two.jpg' })
    expect(wrapper.get('img').attributes('src')).toBe('/two.jpg')
  })
})
