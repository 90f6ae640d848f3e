/** Live data: the one connection of this tab, for features and the application. */
export { onFrame, onReady, request, send, useRoomSubscription } from './composables'
export { MAX_LENGTHS, type ClientFrame, type FrameOf, type ServerFrame } from './frames'
export { useRealtimeStore } from './store'
