import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import UiTagInput from './UiTagInput.vue'

function mountTags(tags: string[] = [], max?: number) {
  const wrapper = mount(UiTagInput, {
    props: {
      label: 'Tags',
      removeLabel: (tag: string) => `Remove ${tag}`,
      max,
      modelValue: tags,
      'onUpdate:modelValue': (modelValue: string[]) => wrapper.setProps({ modelValue }),
    },
  })
  return {
    wrapper,
    input: wrapper.get('input'),
    last: () => wrapper.emitted('update:modelValue')?.at(-1)?.[0],
  }
}

describe('UiTagInput', () => {
  it('adds what was typed on Enter, without sending the form', async () => {
    const { input, last } = mountTags(['a'])
    await input.setValue(' 結び ')
    const event = new KeyboardEvent('keydown', { key: 'Enter', cancelable: true })
    input.element.dispatchEvent(event)
    expect(event.defaultPrevented).toBe(true)
    expect(last()).toEqual(['a', '結び'])
  })

  it.each([',', '、', '，'])('splits at %s', async (comma) => {
    const { input, last } = mountTags()
    await input.setValue(`one${comma}two`)
    expect(last()).toEqual(['one', 'two'])
  })

  it('leaves Enter to the input method while it composes', async () => {
    const { input, last } = mountTags()
    await input.setValue('むすび')
    input.element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true }))
    expect(last()).toBeUndefined()
  })

  it('adds what is left when the field is left', async () => {
    const { input, last } = mountTags()
    await input.setValue('late')
    await input.trigger('blur')
    expect(last()).toEqual(['late'])
  })

  it('takes no tag twice and no more than the most', async () => {
    const { input, last } = mountTags(['a'], 2)
    await input.setValue('a,b,c')
    expect(last()).toEqual(['a', 'b'])
  })

  it('removes by its button, or the last one by Backspace', async () => {
    const { wrapper, input, last } = mountTags(['a', 'b'])
    await wrapper.get('[aria-label="Remove a"]').trigger('click')
    expect(last()).toEqual(['b'])
    await input.trigger('keydown', { key: 'Backspace' })
    expect(last()).toEqual([])
  })
})
