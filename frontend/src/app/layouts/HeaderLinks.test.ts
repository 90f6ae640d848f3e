import { defineComponent, Fragment, h } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { eventually } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { i18n } from '../i18n'
import { useNavigationStore } from '../router/navigation'
import HeaderLinks from './HeaderLinks.vue'
import MainMenu from './MainMenu.vue'

vi.mock('../features', () => {
  const Link = {
    props: ['to'],
    template: '<a class="in-header" :href="to" />',
  }
  const texts = (link: string) => () => Promise.resolve({ default: { test: { link } } })
  const feature = {
    name: 'test',
    headerLinks: { inbox: () => Promise.resolve({ default: Link }) },
    locales: { en: texts('Inbox'), ja: texts('受信箱') },
  }
  return { features: [feature] }
})

const entry = (name: string, order: number) => ({
  name,
  path: `/${name}`,
  title: name,
  icon: 'none',
  order,
})

const Shell = defineComponent(() => () => h(Fragment, [h(HeaderLinks), h(MainMenu)]))

describe('a link in the header', () => {
  it('stands there instead of in the menu, and has its texts', async () => {
    const { wrapper } = await mountWithApp(Shell)
    useNavigationStore().entries = [entry('inbox', 1), entry('items', 2)]
    await eventually(() => expect(wrapper.get('a.in-header').attributes('href')).toBe('/inbox'))
    expect(i18n.global.getLocaleMessage('en')).toMatchObject({ test: { link: 'Inbox' } })
    expect(wrapper.findAll('nav a').map((link) => link.attributes('href'))).toEqual(['/items'])
  })

  it('is only for those who were granted its page', async () => {
    const { wrapper } = await mountWithApp(Shell)
    useNavigationStore().entries = [entry('items', 2)]
    await eventually(() => expect(wrapper.findAll('nav a')).toHaveLength(1))
    expect(wrapper.find('a.in-header').exists()).toBe(false)
  })
})
