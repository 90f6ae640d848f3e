import { describe, expect, it } from 'vitest'
import { defineComponent, nextTick, ref } from 'vue'
import type { MessageRead } from '@/api/generated/types.gen'
import { collectionOf, eventually, problem, type Seen, serve } from '@/testing/api'
import { mountWithApp } from '@/testing/mount'
import { openLive } from '@/testing/socket'
import { aMessage, aMessageFrame } from '../testing'
import { useMessages } from './useMessages'

/** A room with the messages 1 to `last`, of which answers give as many as were asked for. */
function serveHistory(last: number, answer?: (page: unknown, seen: Seen) => unknown) {
  const all = Array.from({ length: last }, (_, index) => aMessage(index + 1))
  const pageOf = ({ query }: Seen) => {
    const { before = Infinity, after, limit = 50 } = query
    const wanted = all.filter(({ seq }) => seq < Number(before) && seq > Number(after ?? 0))
    const data = after === undefined ? wanted.slice(-Number(limit)) : wanted.slice(0, Number(limit))
    const [first, end] = [data[0]?.seq ?? 0, data.at(-1)?.seq ?? 0]
    return collectionOf<MessageRead>(data, { has_prev: first > 1, has_next: end > 0 && end < last })
  }
  return serve({
    'GET /rooms/:room/messages': async (seen) => {
      const page = pageOf(seen)
      return (await (answer?.(page, seen) ?? page)) as Response
    },
  })
}

async function listen({ isHeard = true, isFollowing = true } = {}) {
  const heard = ref(isHeard)
  const made: ReturnType<typeof useMessages>[] = []
  await mountWithApp(
    defineComponent(() => {
      made.push(useMessages('general', { isHeard: heard, isFollowing: () => isFollowing }))
      return () => null
    }),
  )
  const socket = await openLive()
  const [messages] = made
  const seqs = () => messages!.log.value?.messages.map(({ seq }) => seq) ?? []
  return { ...messages!, heard, socket, ends: () => [seqs()[0], seqs().at(-1), seqs().length] }
}

describe('the messages of a room', () => {
  it('are loaded from the end, and on at the beginning', async () => {
    serveHistory(120)
    const { open, extend, ends, log } = await listen()
    await open('latest')
    expect(ends()).toEqual([71, 120, 50])
    await extend('older')
    await extend('older')
    expect(ends()).toEqual([1, 120, 120])
    expect(log.value).toMatchObject({ hasOlder: false, hasNewer: false })
  })

  it('are loaded around a place, and on to the end', async () => {
    serveHistory(200)
    const { open, extend, ends, log } = await listen()
    await open(100)
    expect(ends()).toEqual([76, 150, 75])
    expect(log.value).toMatchObject({ hasOlder: true, hasNewer: true })
    await extend('newer')
    expect(ends()).toEqual([76, 200, 125])
    expect(log.value?.hasNewer).toBe(false)
  })

  it('take in what comes while they are on their way', async () => {
    let release = () => undefined as void
    const held = new Promise<void>((resolve) => (release = resolve))
    serveHistory(3, async (page) => {
      await held
      return page
    })
    const { open, socket, ends } = await listen()
    const opening = open('latest')
    socket.deliver(aMessageFrame(4))
    release()
    await opening
    expect(ends()).toEqual([1, 4, 4])
  })

  it('are loaded again when the room is heard only later', async () => {
    const requests = serveHistory(3)
    const { open, heard } = await listen({ isHeard: false })
    await open('latest')
    heard.value = true
    await eventually(() => expect(requests).toHaveLength(2))
    heard.value = false
    await nextTick()
    heard.value = true
    await nextTick()
    expect(requests).toHaveLength(2)
  })

  it('are at most 500: whoever follows loses the oldest, whoever reads the oldest the newest', async () => {
    serveHistory(600)
    const following = await listen()
    await following.open('latest')
    for (let count = 0; count < 9; count += 1) await following.extend('older')
    expect(following.ends()).toEqual([101, 600, 500])
    following.socket.deliver(aMessageFrame(601))
    expect(following.ends()).toEqual([102, 601, 500])
    expect(following.log.value?.hasOlder).toBe(true)
    await following.extend('older')
    expect(following.ends()).toEqual([52, 551, 500])
    expect(following.log.value?.hasNewer).toBe(true)
  })

  it('say why they could not be loaded, and can be asked for again', async () => {
    let isBroken = true
    serveHistory(3, (page) => (isBroken ? problem(403, 'Not yours') : page))
    const { open, error, ends } = await listen()
    await open('latest')
    expect(error.value?.status).toBe(403)
    isBroken = false
    await open('latest')
    expect(error.value).toBeNull()
    expect(ends()).toEqual([1, 3, 3])
  })
})
