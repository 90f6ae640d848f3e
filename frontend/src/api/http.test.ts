import { http as msw, HttpResponse } from 'msw'
import { describe, expect, it, vi } from 'vitest'
import { server } from '@/testing/server'
import { AppError } from './app-error'
import { createHttp } from './http'
import { createTokenHolder } from './session-token'

const ORIGIN = 'http://api.example'
const unauthorized = () =>
  HttpResponse.json(
    { error: { id: '', code: 'UNAUTHORIZED', message: 'Sign in', details: {}, timestamp: '' } },
    { status: 401 },
  )

function setup(refresh: (refused: string) => Promise<string> = () => Promise.reject(new Error())) {
  const token = createTokenHolder()
  const renewal = vi.fn<(refused: string) => Promise<string>>(async (refused) => {
    const renewed = await refresh(refused)
    token.set(renewed)
    return renewed
  })
  const http = createHttp({ baseURL: ORIGIN, token, language: () => 'ja', refresh: renewal })
  return { http, token, renewal }
}

/** Answers `/thing` to one token only, and remembers the headers it got. */
function serveTo(good: string) {
  const seen: Headers[] = []
  server.use(
    msw.get(`${ORIGIN}/thing`, ({ request }) => {
      seen.push(request.headers)
      return request.headers.get('authorization') === `Bearer ${good}`
        ? HttpResponse.json({ ok: true })
        : unauthorized()
    }),
  )
  return seen
}

describe('the Axios instance', () => {
  it('sends the token, the language and the cookie transport', async () => {
    const { http, token } = setup()
    token.set('t1')
    const seen = serveTo('t1')
    await http.get('/thing')
    expect(seen[0]?.get('authorization')).toBe('Bearer t1')
    expect(seen[0]?.get('accept-language')).toBe('ja')
    expect(seen[0]?.get('x-session-transport')).toBe('cookie')
  })

  it('begins a trace with each request, and goes on with it when that is repeated', async () => {
    const { http, token } = setup(() => Promise.resolve('new'))
    token.set('old')
    const seen = serveTo('new')
    await http.get('/thing')
    await http.get('/thing')
    const [first, again, other] = seen.map((headers) => headers.get('traceparent')?.split('-'))
    expect(again?.[1]).toBe(first?.[1])
    expect(again?.[2]).not.toBe(first?.[2])
    expect(other?.[1]).not.toBe(first?.[1])
  })

  it('sends cookies along only to another origin that was configured', () => {
    const { http } = setup()
    expect(http.defaults.withCredentials).toBe(true)
    const own = { token: createTokenHolder(), language: () => 'en', refresh: vi.fn<never>() }
    expect(createHttp({ baseURL: '', ...own }).defaults.withCredentials).toBe(false)
    expect(createHttp({ baseURL: location.origin, ...own }).defaults.withCredentials).toBe(false)
  })

  it('replaces a refused token and repeats the request', async () => {
    const { http, token, renewal } = setup(() => Promise.resolve('new'))
    token.set('old')
    const seen = serveTo('new')
    expect((await http.get('/thing')).data).toEqual({ ok: true })
    expect(renewal.mock.calls).toEqual([['old']])
    expect(seen.map((headers) => headers.get('authorization'))).toEqual([
      'Bearer old',
      'Bearer new',
    ])
  })

  it('repeats the body of a request as it was', async () => {
    const { http, token } = setup(() => Promise.resolve('new'))
    token.set('old')
    const bodies: unknown[] = []
    server.use(
      msw.post(`${ORIGIN}/thing`, async ({ request }) => {
        bodies.push(await request.json())
        return request.headers.get('authorization') === 'Bearer new'
          ? HttpResponse.json({})
          : unauthorized()
      }),
    )
    await http.post('/thing', { title: '結び' })
    expect(bodies).toEqual([{ title: '結び' }, { title: '結び' }])
  })

  it('does not try a third time', async () => {
    const { http, token, renewal } = setup(() => Promise.resolve('also-bad'))
    token.set('old')
    serveTo('never')
    await expect(http.get('/thing')).rejects.toMatchObject({ code: 'UNAUTHORIZED', status: 401 })
    expect(renewal).toHaveBeenCalledOnce()
  })

  it('leaves a 401 alone when no token was sent', async () => {
    const { http, renewal } = setup()
    serveTo('t1')
    await expect(http.get('/thing')).rejects.toBeInstanceOf(AppError)
    expect(renewal).not.toHaveBeenCalled()
  })

  it('takes the 401 of a wrong password as an answer', async () => {
    const { http, token, renewal } = setup()
    token.set('t1')
    server.use(msw.post(`${ORIGIN}/api/v1/auth/login`, unauthorized))
    await expect(http.post('/api/v1/auth/login')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(renewal).not.toHaveBeenCalled()
  })

  it('rejects with the reason when the token can not be replaced', async () => {
    const gone = new AppError({ code: 'NETWORK_ERROR' })
    const { http, token } = setup(() => Promise.reject(gone))
    token.set('old')
    serveTo('never')
    await expect(http.get('/thing')).rejects.toBe(gone)
  })

  it('normalises a lost connection', async () => {
    const { http } = setup()
    server.use(msw.get(`${ORIGIN}/thing`, () => HttpResponse.error()))
    await expect(http.get('/thing')).rejects.toMatchObject({ code: 'NETWORK_ERROR', status: 0 })
  })
})
