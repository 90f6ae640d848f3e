import { flushPromises } from '@vue/test-utils'
import { http, HttpResponse } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import { server } from '@/testing/server'
import { eventually, openPage, problem, serve } from '../testing'

const STORED = `${'5f0c7d9e'.repeat(4)}.jpg`
const PICTURE = new File(['picture'], 'Me.png', { type: 'image/png' })

/** A canvas that notes what is drawn on it, since there is none in these tests. */
function fakeCanvas() {
  const drawImage = vi.fn<(picture: unknown, ...areas: number[]) => void>()
  const context = { fillRect: vi.fn<() => void>(), drawImage }
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(context as never)
  vi.spyOn(HTMLCanvasElement.prototype, 'toBlob').mockImplementation((done, type) =>
    done(new Blob(['face'], { type })),
  )
  return drawImage
}

async function openSettings(user = {}) {
  const page = await openPage('/settings', { user: { username: 'hanako', ...user } })
  const { wrapper, has } = page
  /** As if someone chose a file in the browser's dialog. */
  async function choose(file: File) {
    const input = wrapper.get<HTMLInputElement>('[data-testid="face-file"]')
    Object.defineProperty(input.element, 'files', { configurable: true, value: [file] })
    await input.trigger('change')
    await eventually(() => expect(wrapper.find('dialog').exists()).toBe(true))
  }
  /** As if the browser had read the picture. */
  async function load(width: number, height: number) {
    const picture = wrapper.get('[data-testid="face-frame"] img')
    Object.defineProperties(picture.element, {
      naturalWidth: { value: width },
      naturalHeight: { value: height },
    })
    await picture.trigger('load')
  }
  return { ...page, choose, load, isOpen: () => has('save-face') }
}

/** Takes uploads; what came is in the array that it returns. */
function takeUploads(answer: () => Response = () => HttpResponse.json({ stored_name: STORED })) {
  const types: (string | null)[] = []
  server.use(
    http.post('*/api/v1/upload/files', ({ request }) => {
      types.push(request.headers.get('content-type'))
      return answer()
    }),
  )
  return types
}

const noLinks = { 'GET /upload/links': { data: [], expires_at: '2099-01-01T00:00:00Z' } }

describe('the own face', () => {
  it('is cut out, uploaded and shown', async () => {
    const drawImage = fakeCanvas()
    const uploads = takeUploads()
    const requests = serve({ 'PATCH /users/me': { profile_image: STORED }, ...noLinks })
    const { byTestId, choose, has, load, session, notices, isOpen } = await openSettings()
    expect(byTestId('choose-face').text()).toBe('Choose a picture')
    expect(has('remove-face')).toBe(false)

    await choose(PICTURE)
    expect(byTestId('save-face').attributes('disabled')).toBeDefined()
    await load(1600, 800)
    await byTestId('face-frame').trigger('keydown', { key: 'ArrowRight' })
    await byTestId('face-enlarge').trigger('click')
    expect(byTestId('face-place').text()).toMatch(/^Enlarged to 115 %/u)
    await byTestId('save-face').trigger('click')
    await eventually(() => expect(isOpen()).toBe(false))

    expect(uploads).toEqual([expect.stringContaining('multipart/form-data')])
    const [, left, top, side, , , target] = drawImage.mock.calls[0]!.map(Number)
    expect(side).toBeCloseTo(800 / 1.15)
    expect(left).toBeCloseTo(360 + (800 - side!) / 2)
    expect(top).toBeCloseTo((800 - side!) / 2)
    expect(target).toBe(0)
    expect(requests.find(({ method }) => method === 'PATCH')?.body).toEqual({
      profile_image: STORED,
    })
    expect(session.user?.profile_image).toBe(STORED)
    expect(notices.notices[0]?.message).toBe('This is your picture now.')
    expect(byTestId('choose-face').text()).toBe('Change picture')
  })

  it('can be removed', async () => {
    const requests = serve({ 'PATCH /users/me': { profile_image: null }, ...noLinks })
    const { byTestId, has, session } = await openSettings({ profile_image: STORED })
    await byTestId('remove-face').trigger('click')
    await eventually(() => expect(has('remove-face')).toBe(false))
    expect(requests.at(-1)?.body).toEqual({ profile_image: null })
    expect(session.user?.profile_image).toBeNull()
  })

  it.each([
    ['no picture', new File(['a'], 'a.txt', { type: 'text/plain' }), "isn't a picture"],
    ['a picture that is too large', hugePicture(), 'larger than 50 MB'],
  ])('is not made of %s', async (_what, file, text) => {
    const { alert, choose, isOpen, button } = await openSettings()
    await choose(file)
    expect(alert()).toContain(text)
    expect(isOpen()).toBe(false)
    expect(button('Choose another picture').exists()).toBe(true)
  })

  it('is not made of a picture that the browser can’t read, but of the next one', async () => {
    const { alert, byTestId, choose, load, isOpen, wrapper } = await openSettings()
    await choose(PICTURE)
    await wrapper.get('[data-testid="face-frame"] img').trigger('error')
    expect(alert()).toContain("This picture can't be read.")
    await choose(new File(['other'], 'Other.png', { type: 'image/png' }))
    await load(100, 100)
    expect(alert()).toBe('')
    expect(isOpen()).toBe(true)
    expect(byTestId('save-face').attributes('disabled')).toBeUndefined()
  })

  it('says in the dialog why the server didn’t take it, and removes what it did take', async () => {
    fakeCanvas()
    takeUploads()
    const deleted = vi.fn<(name: unknown) => void>()
    serve({
      'PATCH /users/me': problem(422, 'No', { profile_image: 'This is no face' }),
      'DELETE /upload/files/:name': ({ path }) => {
        deleted(path)
        return new HttpResponse(null, { status: 204 })
      },
    })
    const { alert, byTestId, choose, load, isOpen, session } = await openSettings()
    await choose(PICTURE)
    await load(100, 100)
    await byTestId('save-face').trigger('click')
    await eventually(() => expect(alert()).toBe('This is no face'))
    expect(deleted).toHaveBeenCalledWith(`/upload/files/${STORED}`)
    expect(isOpen()).toBe(true)
    expect(session.user?.profile_image).toBeNull()
  })

  it('is not touched when nobody knows whether the server took it', async () => {
    fakeCanvas()
    takeUploads()
    // No handler for the deletion: it would fail the test.
    serve({ 'PATCH /users/me': () => HttpResponse.error() })
    const { alert, byTestId, choose, load } = await openSettings()
    await choose(PICTURE)
    await load(100, 100)
    await byTestId('save-face').trigger('click')
    await eventually(() => expect(alert()).toContain('Network Error'))
    await flushPromises()
    expect(byTestId('save-face').attributes('aria-busy')).toBeUndefined()
  })
})

function hugePicture(): File {
  const file = new File(['a'], 'a.png', { type: 'image/png' })
  Object.defineProperty(file, 'size', { value: 50 * 1024 * 1024 + 1 })
  return file
}
