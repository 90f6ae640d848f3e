import { http, HttpResponse } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, provide } from 'vue'
import type { ExportRead, ImportRead } from '@/api/generated/types.gen'
import { PROOF } from '@/shared/lib/proof'
import { collectionOf, eventually, problem, serve } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { server } from '@/testing/server'
import OwnData from './OwnData.vue'

const NAME = '5f0c7d9e3f0a4d539d0c2f4f5b1c7a11'

const anExport = (changes: Partial<ExportRead> = {}): ExportRead => ({
  name: NAME,
  state: 'ready',
  progress: 100,
  size: 2048,
  created_at: '2026-01-31T09:30:00Z',
  finished_at: '2026-01-31T09:31:00Z',
  expires_at: '2026-02-07T09:31:00Z',
  ...changes,
})

const anImport = (changes: Partial<ImportRead> = {}): ImportRead => ({
  id: 1,
  state: 'importing',
  progress: 30,
  report: null,
  created_at: '2026-01-31T09:30:00Z',
  finished_at: null,
  ...changes,
})

/** The sections as a page has them that asks for proofs; `proofs` counts what it was asked for. */
async function openSections() {
  const proofs = vi.fn<() => void>()
  const Page = defineComponent(() => {
    provide(PROOF, (action) => {
      proofs()
      return action()
    })
    return () => h(OwnData, { id: 1, name: 'hanako' })
  })
  const { wrapper } = await mountWithApp(Page)
  const find = (testId: string) => wrapper.find(`[data-testid="${testId}"]`)
  return {
    wrapper,
    find,
    proofs,
    shows: (id: string) => eventually(() => expect(find(id).exists()).toBe(true)),
  }
}

describe('an export', () => {
  it('is asked for after a proof, and watched until it is ready', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    let rows: ExportRead[] = []
    const requests = serve({
      'GET /exports': () => collectionOf(rows),
      'GET /imports': collectionOf([]),
      'POST /exports': () => {
        rows = [anExport({ state: 'preparing', progress: 42, size: null })]
        return HttpResponse.json(rows[0], { status: 202 })
      },
    })
    const { find, proofs, shows, wrapper } = await openSections()
    await shows('ask-for-export')
    await find('ask-for-export').trigger('click')
    await shows('export-preparing')
    expect(find('export-preparing').text()).toContain('42%')
    expect(find('ask-for-export').exists()).toBe(false)
    expect(proofs).toHaveBeenCalledOnce()

    rows = [anExport()]
    vi.advanceTimersByTime(2000)
    await shows('export-ready')
    expect(find('export-ready').text()).toContain('2 kB')
    const before = requests.length
    vi.advanceTimersByTime(20_000)
    expect(requests.length).toBe(before)
    wrapper.unmount()
    vi.useRealTimers()
  })

  it('is saved by a link that is asked for then', async () => {
    const requests = serve({
      'GET /exports': collectionOf([anExport()]),
      'GET /imports': collectionOf([]),
      [`POST /exports/${NAME}/link`]: { url: '/api/v1/exports/a?signature=b', expires_at: '' },
    })
    const followed = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      links.push(this.getAttribute('href') ?? '')
    })
    const links: string[] = []
    const { find, proofs, shows } = await openSections()
    await shows('download-export')
    await find('download-export').trigger('click')
    await eventually(() => expect(links).toEqual(['/api/v1/exports/a?signature=b']))
    expect(proofs).toHaveBeenCalledOnce()
    expect(requests.some(({ method }) => method === 'POST')).toBe(true)
    followed.mockRestore()
  })

  it('tells why it is not made', async () => {
    serve({
      'GET /exports': collectionOf([anExport({ state: 'failed' })]),
      'GET /imports': collectionOf([]),
      'POST /exports': problem(409, 'An export is being prepared already'),
    })
    const { find, shows, wrapper } = await openSections()
    await shows('export-failed')
    await find('ask-for-export').trigger('click')
    await eventually(() => expect(wrapper.text()).toContain('An export is being prepared already'))
  })
})

/** Chooses a file, as a browser's dialog does. */
async function choose(find: Awaited<ReturnType<typeof openSections>>['find']) {
  const input = find('archive-input')
  const file = new File(['PK'], 'musubi.zip', { type: 'application/zip' })
  Object.defineProperty(input.element, 'files', { value: [file], configurable: true })
  await input.trigger('change')
}

describe('an import', () => {
  it('says what was added and what was not', async () => {
    let rows: ImportRead[] = []
    serve({ 'GET /exports': collectionOf([]), 'GET /imports': () => collectionOf(rows) })
    server.use(
      http.post('*/api/v1/imports', () => {
        rows = [
          anImport({
            state: 'done',
            report: {
              items_taken: 3,
              items_present: 1,
              files_taken: 2,
              files_present: 0,
              left_out_count: 1,
              left_out: [{ filename: 'large.png', reason: 'no_room' }],
            },
          }),
        ]
        return HttpResponse.json(rows[0], { status: 202 })
      }),
    )
    const { find, shows } = await openSections()
    await shows('choose-archive')
    await choose(find)
    await shows('import-done')
    const text = find('import-done').text()
    for (const part of ['Items31', 'Files20', '1 file was left out', 'large.png', 'enough room']) {
      expect(text).toContain(part)
    }
  })

  it('tells what is wrong with an archive', async () => {
    serve({ 'GET /exports': collectionOf([]), 'GET /imports': collectionOf([]) })
    server.use(
      http.post('*/api/v1/imports', () => problem(422, 'Not valid', { file: 'It is damaged' })),
    )
    const { find, shows, wrapper } = await openSections()
    await shows('choose-archive')
    await choose(find)
    await eventually(() => expect(wrapper.text()).toContain('It is damaged'))
    expect(find('choose-archive').exists()).toBe(true)
  })

  it('is shown while it goes on, and no other can begin', async () => {
    serve({ 'GET /exports': collectionOf([]), 'GET /imports': collectionOf([anImport()]) })
    const { find, shows } = await openSections()
    await shows('import-importing')
    expect(find('import-importing').text()).toContain('30%')
    expect(find('choose-archive').exists()).toBe(false)
  })
})
