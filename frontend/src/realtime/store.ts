import { defineStore } from 'pinia'
import { onScopeDispose, watch } from 'vue'
import { useErrorStore } from '@/shared/stores/errors'
import { onSessionEnd } from '@/shared/stores/reset'
import { createAdmission } from './admission'
import { createBus } from './bus'
import type { ClientFrame, ServerFrame } from './frames'
import { createRequests } from './requests'
import { createSocket } from './socket'
import { createSubscriptions } from './subscriptions'
import { onWake } from './wake'

/** The one live connection of this tab. The application connects it; it ends with the session. */
export const useRealtimeStore = defineStore('realtime', () => {
  const socket = createSocket({ admission: createAdmission(), onFrame: receive })
  const bus = createBus(report)
  const requests = createRequests(send)
  const rooms = createSubscriptions(send, bus.emit)

  /** A handler belongs to nobody who could be told, so the application's user is. */
  function report(error: unknown): void {
    console.error(error)
    useErrorStore().handleApiError(error, 'realtime')
  }

  function send(frame: ClientFrame): boolean {
    return socket.send(frame)
  }

  function receive(frame: ServerFrame): void {
    if (frame.type === 'hello') {
      rooms.resume()
      requests.resume()
    }
    requests.receive(frame)
    if (rooms.receive(frame)) bus.emit(frame)
  }

  function disconnect(): void {
    socket.disconnect()
    rooms.forget()
    requests.cancel()
  }

  watch(
    socket.status,
    (status) => {
      if (status !== 'open') rooms.interrupted()
    },
    { flush: 'sync' },
  )

  const stopWaking = onWake({ onBack: socket.hurry, onGone: socket.probe })
  const stopFollowing = onSessionEnd(disconnect)
  onScopeDispose(() => {
    stopWaking()
    stopFollowing()
    disconnect()
  })

  /** Tries at once, whatever is being waited for. */
  function retry(): void {
    socket.connect()
    socket.hurry()
  }

  return {
    status: socket.status,
    /** When the next attempt is due, by `Date.now()`. */
    retryAt: socket.retryAt,
    connect: socket.connect,
    disconnect,
    retry,
    on: bus.on,
    request: requests.request,
    send,
    hold: rooms.hold,
  }
})
