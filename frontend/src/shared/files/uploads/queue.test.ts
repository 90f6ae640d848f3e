import { PiniaColada, useQueryCache } from '@pinia/colada'
import { mount } from '@vue/test-utils'
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { AppError } from '@/api'
import { NETWORK_ERROR } from '@/api/app-error'
import type { FileRead } from '@/api/generated/types.gen'
import { resetSessionState } from '@/shared/stores/reset'
import { eventually, serve } from '@/testing/api'
import { fileKeys } from '../keys'
import { useLimitsLookup } from '../limits'
import { aFile, LIMITS, MIB } from '../testing'
import type { UploadOptions } from './entry'
import { useUploadsStore } from './queue'
import type { Sender } from './sender'

/** A file on its way, whose other end is the test. */
interface Transfer {
  file: File
  options: UploadOptions
  tell: (sent: number) => void
  arrive: (file?: FileRead) => void
  fail: (error: AppError) => void
  isAborted: () => boolean
}

let transfers: Transfer[] = []
let discarded: string[] = []
/** The store of the test: what another one left to be done may call for its own. */
let uploads: ReturnType<typeof useUploadsStore>

function fakeSender(file: File, options: UploadOptions, canPause: boolean): Sender {
  return {
    canPause,
    send: (signal, tell) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
        const arrive = (read = aFile({ filename: file.name })) => resolve(read)
        const isAborted = () => signal.aborted
        transfers.push({ file, options, tell, arrive, fail: reject, isAborted })
      }),
    discard: () => {
      discarded.push(file.name)
      return Promise.resolve()
    },
  }
}

vi.mock('./simple', () => ({
  createSimpleSender: (file: File, options: UploadOptions) => fakeSender(file, options, false),
}))
vi.mock('./resumable', () => ({
  createResumableSender: (file: File, options: UploadOptions) => fakeSender(file, options, true),
}))

/** A picture that says it has so many bytes. */
const picture = (name = 'roof.png', size = 100) =>
  Object.defineProperty(new File(['x'], name, { type: 'image/png' }), 'size', { value: size })
const archive = (name = 'roofs.zip') => new File(['PK'], name)

beforeEach(async () => {
  transfers = []
  discarded = []
  const pinia = createPinia()
  mount({ render: () => null }, { global: { plugins: [pinia, PiniaColada] } })
  setActivePinia(pinia)
  onTestFinished(() => disposePinia(pinia))
  uploads = useUploadsStore()
  serve({ 'GET /upload/limits': LIMITS })
  // Known ahead, so that files are sent off in their order.
  await useLimitsLookup()()
})

/** Waits until so many have been sent off. */
const underway = (count: number) => eventually(() => expect(transfers).toHaveLength(count))
const states = () => uploads.entries.map(({ state }) => state)

describe('the queue', () => {
  it('sends three at the same time, and the next when one of them is through', async () => {
    const { add } = uploads
    add(['a.png', 'b.png', 'c.png', 'd.png', 'e.png'].map((name) => picture(name)))
    await underway(3)
    expect(states()).toEqual(['uploading', 'uploading', 'uploading', 'queued', 'queued'])
    transfers[1]!.arrive()
    await underway(4)
    expect(states()).toEqual(['uploading', 'done', 'uploading', 'uploading', 'queued'])
    transfers[0]!.fail(new AppError({ code: 'X', status: 415 }))
    await underway(5)
    expect(transfers.map(({ file }) => file.name)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((letter) => `${letter}.png`),
    )
  })

  it('keeps files of one name apart', async () => {
    const { add, entries } = uploads
    const done: [string, number][] = []
    const onDone = ({ id }: FileRead, entry: string) => done.push([entry, id])
    const ids = add([picture(), picture()], { onDone })
    expect(new Set(ids).size).toBe(2)
    await underway(2)
    transfers[1]!.arrive(aFile({ id: 8 }))
    transfers[0]!.fail(new AppError({ code: 'X', status: 415 }))
    await eventually(() => expect(states()).toEqual(['failed', 'done']))
    expect(done).toEqual([[ids[1], 8]])
    expect(entries.map(({ file }) => file?.id)).toEqual([undefined, 8])
  })

  it('says how far a file is, and when the server looks into it', async () => {
    const { add, entries } = uploads
    add([picture('a.png', 200)], { itemId: 7, description: 'A roof', context: 'item-7' })
    await underway(1)
    expect(transfers[0]!.options).toMatchObject({ itemId: 7, description: 'A roof' })
    transfers[0]!.tell(50)
    expect(entries[0]).toMatchObject({ state: 'uploading', sent: 50, context: 'item-7' })
    transfers[0]!.tell(200)
    expect(entries[0]).toMatchObject({ state: 'checking', sent: 200 })
  })

  it('sends nothing that the server would refuse, and lets the others through', async () => {
    const { add, entries } = uploads
    add([picture('a.exe'), picture('b.png'), new File([], 'c.png'), picture('d.jpg', 11 * MIB)])
    await underway(1)
    await eventually(() => expect(states()).toEqual(['failed', 'uploading', 'failed', 'failed']))
    const problems = entries.map(({ error }) => error?.code)
    const key = (problem: string) => `shared.files.problems.${problem}`
    expect(problems).toEqual([key('type'), undefined, key('empty'), key('tooLarge')])
    expect(entries[3]!.error!.details).toEqual({ max: 10 * MIB })
  })

  it('gives the type that goes with the name, where the browser has another', async () => {
    uploads.add([new File(['%PDF'], 'a.pdf', { type: 'application/x-pdf' }), archive()])
    await underway(2)
    const types = transfers.map(({ file }) => file.type)
    expect(types.toSorted()).toEqual(['application/pdf', 'application/zip'])
  })

  it('fails all that wait when the limits are not to be had, until they are', async () => {
    const { add, entries, retry } = uploads
    serve({ 'GET /upload/limits': () => new Response(null, { status: 503 }) })
    await useQueryCache().invalidateQueries({ key: fileKeys.limits })
    const [id] = add([picture()])
    await eventually(() => expect(entries[0]!.error).toMatchObject({ status: 503 }))
    serve({ 'GET /upload/limits': LIMITS })
    retry(id!)
    await underway(1)
    expect(entries[0]!.error).toBeNull()
  })

  it('loads again what is shown of files when one has arrived', async () => {
    const cache = useQueryCache()
    const invalidate = vi.spyOn(cache, 'invalidateQueries')
    uploads.add([picture()])
    await underway(1)
    transfers[0]!.arrive(aFile({ item_id: 7 }))
    const keys = () => invalidate.mock.calls.map(([filters]) => filters?.key)
    await eventually(() => {
      expect(keys()).toEqual([fileKeys.limits, fileKeys.lists, fileKeys.ofItem(7)])
    })
  })
})

describe('one file', () => {
  it('can be given up, and tried again from the beginning', async () => {
    const { add, cancel, retry, entries } = uploads
    const [id] = add([picture()])
    await underway(1)
    transfers[0]!.tell(40)
    cancel(id!)
    expect(transfers[0]!.isAborted()).toBe(true)
    expect(discarded).toEqual(['roof.png'])
    expect(entries[0]).toMatchObject({ state: 'cancelled', sent: 0, error: null })
    retry(id!)
    await underway(2)
    transfers[0]!.tell(90)
    expect(entries[0]!.sent).toBe(0)
    transfers[1]!.arrive()
    await eventually(() => expect(states()).toEqual(['done']))
    cancel(id!)
    expect(states()).toEqual(['done'])
  })

  it('leaves its place to others when it is given up before its turn', async () => {
    const { add, cancel, remove, entries } = uploads
    const ids = add(['a', 'b', 'c', 'd', 'e'].map((name) => picture(`${name}.png`)))
    await underway(3)
    cancel(ids[3]!)
    remove(ids[0]!)
    await underway(4)
    expect(transfers.map(({ file }) => file.name)).toEqual(['a.png', 'b.png', 'c.png', 'e.png'])
    expect(entries.map(({ id }) => id)).toEqual(ids.slice(1))
  })

  it('can be paused when it is large, and goes on with what it has', async () => {
    const { add, pause, resume, entries } = uploads
    const [small, large] = add([picture(), archive()])
    await underway(2)
    pause(small!)
    expect(states()).toEqual(['uploading', 'uploading'])
    const sent = transfers.find(({ file }) => file.name.endsWith('zip'))!
    sent.tell(1)
    pause(large!)
    expect(sent.isAborted()).toBe(true)
    expect(entries[1]).toMatchObject({ state: 'paused', sent: 1, canPause: true })
    resume(large!)
    await underway(3)
    expect(discarded).toEqual([])
    transfers[2]!.arrive()
    await eventually(() => expect(entries[1]!.state).toBe('done'))
  })

  it('goes on by itself when a lost connection is back', async () => {
    const { add } = uploads
    add([picture('a.png'), picture('b.png')])
    await underway(2)
    transfers[0]!.fail(new AppError({ code: NETWORK_ERROR }))
    transfers[1]!.fail(new AppError({ code: 'X', status: 415 }))
    await eventually(() => expect(states()).toEqual(['failed', 'failed']))
    dispatchEvent(new Event('online'))
    await underway(3)
    expect(states()).toEqual(['uploading', 'failed'])
  })
})

it('shows the files of a context, and takes those off that are over', async () => {
  const { add, clear, of } = uploads
  add([picture('a.png')], { context: 'one' })
  add([picture('b.png'), picture('c.exe')], { context: 'two' })
  await underway(2)
  transfers[0]!.arrive()
  await eventually(() => expect(states()).toEqual(['done', 'uploading', 'failed']))
  clear('two')
  expect(of('two').map(({ name }) => name)).toEqual(['b.png'])
  clear()
  expect(states()).toEqual(['uploading'])
})

it('asks before the tab is closed, for as long as something is on its way', async () => {
  const { add } = uploads
  const close = () => !dispatchEvent(new Event('beforeunload', { cancelable: true }))
  expect(close()).toBe(false)
  add([picture()])
  await underway(1)
  expect(close()).toBe(true)
  transfers[0]!.arrive()
  await eventually(() => expect(close()).toBe(false))
})

it('ends with the session', async () => {
  localStorage.setItem('musubi.upload:["roofs.zip",2,0,null]', 'http://localhost/x')
  const { add, entries } = uploads
  const onDone = vi.fn<() => void>()
  add(
    ['a', 'b', 'c', 'd'].map((name) => picture(`${name}.png`)),
    { onDone },
  )
  await underway(3)
  resetSessionState()
  expect(entries).toHaveLength(0)
  expect(transfers.every(({ isAborted }) => isAborted())).toBe(true)
  expect(localStorage.length).toBe(0)
  add([picture('e.png')])
  await underway(4)
  expect(transfers[3]!.file.name).toBe('e.png')
  expect(onDone).not.toHaveBeenCalled()
})
