import {
  getCurrentScope,
  onScopeDispose,
  type MaybeRefOrGetter,
  shallowRef,
  toValue,
  watch,
  computed,
} from 'vue'
import type { FrameHandler } from './bus'
import type { ClientFrame, ServerFrameType } from './frames'
import type { AnswerTo, RequestFrame, RequestType } from './requests'
import { useRealtimeStore } from './store'
import type { Held } from './subscriptions'

/**
 * Calls the handler with each frame of this type, until the scope it is called in ends (that of a
 * component, say) or what it returns is called.
 */
export function onFrame<Type extends ServerFrameType>(
  type: Type,
  handler: FrameHandler<Type>,
): () => void {
  const stop = useRealtimeStore().on(type, handler)
  if (getCurrentScope()) onScopeDispose(stop)
  return stop
}

/** Calls the handler each time the connection stands: the moment to fetch again what is shown. */
export function onReady(handler: () => void | Promise<void>): () => void {
  return onFrame('hello', () => handler())
}

/**
 * Listens to a room, or to none for null, as long as the scope lives. Its frames come by `onFrame`, once
 * and in order; after a reconnect, those that were missed, or a `resync`. What was before is for the
 * caller to fetch, once `isHeard`, so that nothing falls in between.
 */
export function useRoomSubscription(room: MaybeRefOrGetter<string | null>) {
  const store = useRealtimeStore()
  const held = shallowRef<Held | null>(null)
  watch(
    () => toValue(room),
    (name, _before, onCleanup) => {
      const own = name === null ? null : store.hold(name)
      held.value = own
      onCleanup(() => own?.release())
    },
    { immediate: true },
  )
  return {
    isHeard: computed(() => held.value?.isHeard.value ?? false),
    /** Why it isn't, where the server refuses it. */
    error: computed(() => held.value?.error.value ?? null),
  }
}

/**
 * Sends a frame and resolves with its answer. While there is no connection it waits, and what is not
 * answered is sent again over the next connection, with the same `cid`. Rejects with an `AppError`: what
 * the server refuses, and all of it when the session ends. An `item_updated` with a `version` may find
 * its own change, which it had not heard of.
 */
export function request<Type extends RequestType>(
  frame: RequestFrame<Type>,
): Promise<AnswerTo<Type>> {
  return useRealtimeStore().request(frame)
}

/** Sends what is of no use later, such as typing: dropped while there is no connection. */
export function send(frame: ClientFrame): void {
  useRealtimeStore().send(frame)
}
