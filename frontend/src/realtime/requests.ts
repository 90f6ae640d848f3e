import type { AppError } from '@/api'
import { randomId } from '@/shared/lib/random-id'
import { cancelled, errorOf, nothingToSay, tooMuchWaits } from './errors'
import type { ClientFrame, ClientFrameOf, FrameOf, ServerFrame } from './frames'
import { createPace } from './pace'

/** What the server answers to each frame that it answers. */
interface Answers {
  message: FrameOf<'ack'>
  edit: FrameOf<'done'>
  delete: FrameOf<'done'>
  react: FrameOf<'done'>
  read: FrameOf<'done'>
  item_updated: FrameOf<'item_saved'>
}

export type RequestType = keyof Answers
export type AnswerTo<Type extends RequestType> = Answers[Type]

/** A frame that is answered; without a `cid` it gets one. */
export type RequestFrame<Type extends RequestType> = Omit<ClientFrameOf<Type>, 'cid' | 'type'> & {
  type: Type
  cid?: string
}

/** So many may wait for their answers. */
const MOST_PENDING = 100

const BLANK = /^\p{White_Space}*$/u

/** The server ignores a message with nothing in it, so no answer would ever come. */
const saysNothing = (frame: object): boolean => {
  const { type, content, files } = frame as Partial<ClientFrameOf<'message'>>
  return type === 'message' && BLANK.test(content ?? '') && !files?.length
}

interface Pending {
  frame: ClientFrame
  promise: Promise<ServerFrame>
  resolve(answer: ServerFrame): void
  reject(error: AppError): void
}

export interface Requests {
  /**
   * Sends a frame and resolves with its answer, however many connections that takes: until there is one
   * it is kept, and sent again over the next with the same `cid`, by which the server knows it. Rejects
   * with an `AppError`. Asking with the `cid` of one that is under way gives the answer to that.
   */
  request<Type extends RequestType>(frame: RequestFrame<Type>): Promise<AnswerTo<Type>>
  /** There is a new connection: sends all that is not answered, in its order. */
  resume(): void
  /** Takes the answers out of what has come. */
  receive(frame: ServerFrame): void
  /** Gives up all that is not answered. */
  cancel(): void
}

/** The frames that wait for an answer. `send` says whether there is a connection. */
export function createRequests(send: (frame: ClientFrame) => boolean): Requests {
  const pending = new Map<string, Pending>()
  const pace = createPace()

  function transmit(cid: string): void {
    pace.run(() => {
      const own = pending.get(cid)
      if (own) send(own.frame)
    })
  }

  function request<Type extends RequestType>(frame: RequestFrame<Type>): Promise<AnswerTo<Type>> {
    const cid = frame.cid ?? randomId()
    const known = pending.get(cid)
    if (known) return known.promise as Promise<AnswerTo<Type>>
    if (saysNothing(frame)) return Promise.reject(nothingToSay())
    if (pending.size >= MOST_PENDING) return Promise.reject(tooMuchWaits())

    const { promise, resolve, reject } = withResolvers()
    pending.set(cid, {
      frame: { ...frame, cid } as unknown as ClientFrame,
      promise,
      resolve,
      reject,
    })
    transmit(cid)
    return promise as Promise<AnswerTo<Type>>
  }

  function take(cid: string | null): Pending | undefined {
    if (cid === null) return undefined
    const own = pending.get(cid)
    pending.delete(cid)
    return own
  }

  return {
    request,
    resume() {
      pace.clear()
      for (const cid of pending.keys()) transmit(cid)
    },
    receive(frame) {
      if (frame.type === 'error') take(frame.cid)?.reject(errorOf(frame))
      if (frame.type === 'ack' || frame.type === 'done' || frame.type === 'item_saved') {
        take(frame.cid)?.resolve(frame)
      }
    },
    cancel() {
      pace.clear()
      for (const cid of pending.keys()) take(cid)?.reject(cancelled())
    },
  }
}

/** `Promise.withResolvers`, which browsers of two years ago don't have. */
function withResolvers(): Pick<Pending, 'promise' | 'resolve' | 'reject'> {
  let resolve!: Pending['resolve']
  let reject!: Pending['reject']
  const promise = new Promise<ServerFrame>((fulfil, refuse) => {
    resolve = fulfil
    reject = refuse
  })
  return { promise, resolve, reject }
}
