import type { FrameOf, ServerFrame, ServerFrameType } from './frames'

export type FrameHandler<Type extends ServerFrameType> = (
  frame: FrameOf<Type>,
) => void | Promise<void>

export interface Bus {
  /** Calls the handler with each frame of this type; returns how to stop that. */
  on<Type extends ServerFrameType>(type: Type, handler: FrameHandler<Type>): () => void
  emit(frame: ServerFrame): void
}

/** Hands frames to those who wait for their type; what one of them throws goes to `onFailure`. */
export function createBus(onFailure: (error: unknown) => void): Bus {
  type AnyHandler = (frame: never) => void | Promise<void>
  const handlers = new Map<ServerFrameType, Set<AnyHandler>>()

  async function run(handler: AnyHandler, frame: ServerFrame): Promise<void> {
    try {
      await handler(frame as never)
    } catch (error) {
      onFailure(error)
    }
  }

  return {
    on(type, handler) {
      // A function of its own, so that one handler that is registered twice is two.
      const own: AnyHandler = (frame) => handler(frame)
      const others = handlers.get(type) ?? new Set()
      handlers.set(type, others.add(own))
      return () => others.delete(own)
    },
    emit(frame) {
      const present = Array.from(handlers.get(frame.type) ?? [])
      for (const handler of present) void run(handler, frame)
    },
  }
}
