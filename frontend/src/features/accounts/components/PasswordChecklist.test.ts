import { describe, expect, it } from 'vitest'
import { mountWithApp } from '@/testing/mount'
import NewPasswordField from './NewPasswordField.vue'
import { registerRules } from '@/api/generated/rules'

async function mountField(language: 'en' | 'ja' = 'en') {
  const { wrapper } = await mountWithApp(NewPasswordField, {
    props: { label: 'Password', rules: registerRules.password, modelValue: '', id: 'pw' },
    language,
  })
  return {
    wrapper,
    type: async (text: string) => {
      await wrapper.setProps({ modelValue: text } as never)
    },
    met: () => wrapper.findAll('li').map((check) => check.attributes('data-met') === 'true'),
  }
}

describe('the checklist of a new password', () => {
  it('follows the typing', async () => {
    const { met, type } = await mountField()
    expect(met()).toEqual([false, false, false, false])
    await type('abc')
    expect(met()).toEqual([false, false, true, false])
    await type('Abcdefg1')
    expect(met()).toEqual([true, true, true, true])
  })

  it('says in words what is met, not by colour alone', async () => {
    const { wrapper, type } = await mountField()
    await type('abcdefgh')
    const texts = wrapper.findAll('li').map((check) => check.text().replace(/\s+/gu, ' '))
    expect(texts).toEqual([
      '8 to 100 characters (done)',
      'An upper-case letter (missing)',
      'A lower-case letter (done)',
      'A digit (missing)',
    ])
  })

  it('describes the input, and tells screen readers how far one is', async () => {
    const { wrapper, type } = await mountField()
    const description = wrapper.get('input').attributes('aria-describedby')!
    expect(document.getElementById(description)?.querySelectorAll('li')).toHaveLength(4)
    const status = wrapper.get('[role="status"]')
    expect(status.text()).toBe('')
    await type('abcdefgh')
    expect(status.text()).toBe('2 of 4 met')
  })

  it('speaks Japanese', async () => {
    const { wrapper, type } = await mountField('ja')
    await type('a')
    expect(wrapper.text()).toContain('8〜100文字')
    expect(wrapper.get('[role="status"]').text()).toBe('4件中1件の条件を満たしています')
  })
})
