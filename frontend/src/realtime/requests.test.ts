import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ClientFrame, FrameOf } from './frames'
import { createRequests } from './requests'

/** Requests over a connection that can be cut. */
function start({ isOpen = true } = {}) {
  const sent: ClientFrame[] = []
  const requests = createRequests((frame) => {
    if (isOpen) sent.push(frame)
    return isOpen
  })
  return {
    requests,
    sent,
    cut: () => (isOpen = false),
    back() {
      isOpen = true
      requests.resume()
    },
  }
}

const say = (content: string, cid?: string) => ({
  type: 'message' as const,
  room: 'general',
  content,
  ...(cid && { cid }),
})

const ack = (cid: string, seq = 1): FrameOf<'ack'> => ({
  type: 'ack',
  cid,
  room: 'general',
  seq,
  id: seq,
  duplicate: false,
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('request', () => {
  it('resolves with the answer that bears its cid', async () => {
    const { requests, sent } = start()
    const first = requests.request(say('one'))
    const second = requests.request(say('two'))
    const [one, two] = sent.map(({ cid }) => cid!)
    expect(sent[0]).toEqual({ ...say('one'), cid: one })
    expect(one).toMatch(/^[A-Za-z0-9_-]{1,64}$/u)
    expect(two).not.toBe(one)
    requests.receive(ack(two!, 8))
    requests.receive(ack(one!, 7))
    expect([(await first).seq, (await second).seq]).toEqual([7, 8])
  })

  it('resolves with whatever answers the frame', async () => {
    const { requests } = start()
    const edited = requests.request({ type: 'edit', id: 3, content: 'x', cid: 'e' })
    const saved = requests.request({ type: 'item_updated', item_id: 4, title: 'x', cid: 's' })
    requests.receive({ type: 'done', cid: 'e' })
    requests.receive({ type: 'item_saved', cid: 's', item_id: 4, version: 2 })
    expect(await edited).toEqual({ type: 'done', cid: 'e' })
    expect((await saved).version).toBe(2)
  })

  it('rejects with what the server refuses', async () => {
    const { requests } = start()
    const refused = requests.request(say('x', 'a'))
    const details = { fields: { content: 'Too long' } }
    requests.receive({ type: 'error', code: 'VALIDATION_ERROR', message: 'No', cid: 'a', details })
    await expect(refused).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
      message: 'No',
      fieldErrors: { content: 'Too long' },
    })
  })

  it('does not show what a server that fails says of itself', async () => {
    const { requests } = start()
    const failed = requests.request(say('x', 'a'))
    const error = { type: 'error', code: 'INTERNAL_SERVER_ERROR', message: 'KeyError' } as const
    requests.receive({ ...error, cid: 'a', details: {} })
    await expect(failed).rejects.toMatchObject({
      code: 'SERVER_ERROR',
      message: 'Server is temporarily unavailable. Please try again later.',
    })
  })

  it('leaves alone errors of something else', async () => {
    const { requests } = start()
    const waiting = requests.request(say('x', 'a'))
    const error = { type: 'error', code: 'BAD_REQUEST', message: 'What?', details: {} } as const
    requests.receive({ ...error, cid: null })
    requests.receive({ ...error, cid: 'b' })
    requests.receive(ack('a'))
    expect((await waiting).cid).toBe('a')
  })

  it('is one request, however often it is asked with the same cid', async () => {
    const { requests, sent } = start()
    const asked = [requests.request(say('x', 'a')), requests.request(say('x', 'a'))]
    expect(sent).toHaveLength(1)
    requests.receive(ack('a'))
    expect((await Promise.all(asked)).map(({ seq }) => seq)).toEqual([1, 1])
  })

  it('can be tried again with the same cid once it was refused', async () => {
    const { requests, sent } = start()
    const refused = requests.request(say('x', 'a'))
    const error = { type: 'error', code: 'RATE_LIMITED', message: 'Slow', details: {} } as const
    requests.receive({ ...error, cid: 'a' })
    await expect(refused).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    const again = requests.request(say('x', 'a'))
    requests.receive(ack('a'))
    expect((await again).cid).toBe('a')
    expect(sent).toHaveLength(2)
  })

  it.each(['', ' \n', '\u3000\u0085'])(
    'refuses to say nothing (%j), which is never answered',
    async (content) => {
      const { requests, sent } = start()
      await expect(requests.request(say(content))).rejects.toMatchObject({ code: 'CLIENT_ERROR' })
      expect(sent).toEqual([])
    },
  )

  it('lets a message be nothing but files', () => {
    const { requests, sent } = start()
    void requests.request({ ...say(''), files: ['a.png'] })
    expect(sent).toMatchObject([{ content: '', files: ['a.png'] }])
  })
})

describe('without a connection', () => {
  it('keeps what is asked, and sends it in its order when there is one', async () => {
    const { requests, sent, back } = start({ isOpen: false })
    const asked = ['a', 'b', 'c'].map((cid) => requests.request(say(cid, cid)))
    expect(sent).toEqual([])
    back()
    expect(sent.map(({ cid }) => cid)).toEqual(['a', 'b', 'c'])
    for (const cid of ['a', 'b', 'c']) requests.receive(ack(cid))
    expect(await Promise.all(asked)).toHaveLength(3)
  })

  it('sends again what was not answered, with the same cid, and nothing else', async () => {
    const { requests, sent, cut, back } = start()
    const answered = requests.request(say('one', 'a'))
    const lost = requests.request(say('two', 'b'))
    requests.receive(ack('a'))
    await answered
    cut()
    const later = requests.request(say('three', 'c'))
    sent.length = 0
    back()
    expect(sent).toEqual([say('two', 'b'), say('three', 'c')])
    requests.receive({ ...ack('b'), duplicate: true })
    requests.receive(ack('c'))
    expect([(await lost).duplicate, (await later).duplicate]).toEqual([true, false])
  })

  it('waits for an answer as long as it takes', async () => {
    const { requests, sent, cut, back } = start()
    const patient = requests.request(say('x', 'a'))
    vi.advanceTimersByTime(3_600_000)
    cut()
    back()
    expect(sent).toHaveLength(2)
    requests.receive(ack('a'))
    expect((await patient).cid).toBe('a')
  })

  it('does not keep more than a hundred', async () => {
    const { requests } = start({ isOpen: false })
    const kept = Array.from({ length: 100 }, (_, index) => requests.request(say('x', `c${index}`)))
    await expect(requests.request(say('x'))).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    requests.cancel()
    await Promise.allSettled(kept)
  })

  it('does not send all of it at once, which a server takes for a flood', async () => {
    const { requests, sent, back } = start({ isOpen: false })
    const kept = Array.from({ length: 30 }, (_, index) => requests.request(say('x', `c${index}`)))
    vi.advanceTimersByTime(60_000)
    back()
    expect(sent).toHaveLength(10)
    const behind = requests.request(say('x', 'last'))
    vi.advanceTimersByTime(5250)
    expect(sent).toHaveLength(31)
    expect(sent.at(-1)!.cid).toBe('last')
    requests.cancel()
    await Promise.allSettled([...kept, behind])
  })

  it('does not send what was answered while it waited for its turn', async () => {
    const { requests, sent, cut, back } = start()
    const asked = Array.from({ length: 12 }, (_, index) => requests.request(say('x', `c${index}`)))
    requests.receive(ack('c11'))
    cut()
    back()
    vi.advanceTimersByTime(60_000)
    expect(sent.filter(({ cid }) => cid === 'c11')).toEqual([])
    requests.cancel()
    await Promise.allSettled(asked)
  })

  it('gives up everything when the session is over', async () => {
    const { requests, sent, cut, back } = start()
    const given = [requests.request(say('x', 'a')), requests.request(say('y', 'b'))]
    cut()
    requests.cancel()
    for (const one of given) await expect(one).rejects.toMatchObject({ code: 'CANCELLED' })
    back()
    expect(sent).toHaveLength(2)
  })
})
