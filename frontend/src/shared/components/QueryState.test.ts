import { useQuery } from '@pinia/colada'
import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { AppError } from '@/api'
import { mountWithApp } from '@/testing/mount'
import QueryState from './QueryState.vue'

async function mountQuery(load: () => Promise<string[]>, language: 'en' | 'ja' = 'en') {
  const component = defineComponent(() => {
    const query = useQuery({ key: ['test'], query: load })
    return () =>
      h(
        QueryState<string[]>,
        { query, isEmpty: (data: string[]) => data.length === 0, emptyTitle: 'Nothing yet' },
        { default: ({ data }: { data: string[] }) => h('p', data.join(', ')) },
      )
  })
  const { wrapper } = await mountWithApp(component, { language })
  return wrapper
}

describe('QueryState', () => {
  it('goes from loading to the data', async () => {
    const wrapper = await mountQuery(() => Promise.resolve(['a', 'b']))
    expect(wrapper.text()).toBe('Loading…')
    await flushPromises()
    expect(wrapper.text()).toBe('a, b')
  })

  it('says that there is nothing', async () => {
    const wrapper = await mountQuery(() => Promise.resolve([]))
    await flushPromises()
    expect(wrapper.text()).toBe('Nothing yet')
  })

  it('says what failed in the chosen language, and loads again when asked to', async () => {
    const load = vi.fn<() => Promise<string[]>>()
    load.mockRejectedValueOnce(new AppError({ code: 'NETWORK_ERROR' })).mockResolvedValueOnce(['a'])
    const wrapper = await mountQuery(load, 'ja')
    await flushPromises()
    expect(wrapper.text()).toContain('ネットワークエラー')
    await wrapper.get('button').trigger('click')
    await flushPromises()
    expect(wrapper.text()).toBe('a')
  })

  it("shows the server's own message where it has one", async () => {
    const error = new AppError({ code: 'NOT_FOUND', status: 404, message: 'Item not found' })
    const wrapper = await mountQuery(() => Promise.reject(error))
    await flushPromises()
    expect(wrapper.text()).toContain('Item not found')
  })
})
