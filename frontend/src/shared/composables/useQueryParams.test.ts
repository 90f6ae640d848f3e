import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { mountWithApp } from '@/testing/mount'
import { choiceParam, pageParam, textParam, useQueryParams } from './useQueryParams'

async function mountList(at: string) {
  let params!: ReturnType<typeof use>
  const use = () =>
    useQueryParams({
      search: textParam(),
      status: choiceParam(['draft', 'published'], null),
      sort: choiceParam(['-created_at', 'title'], '-created_at'),
      page: pageParam(),
    })
  const component = defineComponent(() => {
    params = use()
    return () => h('p')
  })
  const { router } = await mountWithApp(component, { at })
  return { params, address: () => decodeURIComponent(router.currentRoute.value.fullPath) }
}

describe('useQueryParams', () => {
  it('reads the address', async () => {
    const { params } = await mountList('/?search=結び&status=draft&sort=title&page=3')
    expect(params.search.value).toBe('結び')
    expect(params.status.value).toBe('draft')
    expect(params.sort.value).toBe('title')
    expect(params.page.value).toBe(3)
  })

  it.each(['/', '/?status=nonsense&sort=&page=-1', '/?page=2.5', '/?page=x&page=2'])(
    'falls back where the address says nothing useful: %s',
    async (at) => {
      const { params } = await mountList(at)
      expect(params.search.value).toBe('')
      expect(params.status.value).toBeNull()
      expect(params.sort.value).toBe('-created_at')
      expect(params.page.value).toBe(1)
    },
  )

  it('writes the address, without what is usual, and starts at the first page again', async () => {
    const { params, address } = await mountList('/?page=3&other=kept#part')
    params.search.value = '結び'
    params.status.value = 'draft'
    await flushPromises()
    expect(address()).toBe('/?other=kept&search=結び&status=draft#part')
    params.status.value = null
    await flushPromises()
    expect(address()).toBe('/?other=kept&search=結び#part')
  })

  it('keeps the filters when the page changes', async () => {
    const { params, address } = await mountList('/?search=a')
    params.page.value = 2
    await flushPromises()
    expect(address()).toBe('/?search=a&page=2')
  })
})
