import type { TokenReply } from './generated/types.gen'

/**
 * What tabs of one browser tell each other about the session. It never touches any storage. `at` is
 * when it happened, in milliseconds: what is older than one's own last change is no news.
 */
export type TabMessage =
  | { type: 'signed-in'; reply: TokenReply; at: number }
  | { type: 'signed-out'; reason: 'chosen' | 'ended'; at: number }
  /** A tab that waited for the refresh lock asks for what the winner got. */
  | { type: 'token-wanted' }

export interface TabChannel {
  post(message: TabMessage): void
  /** Calls the listener for messages of other tabs; returns the function that stops it. */
  listen(listener: (message: TabMessage) => void): () => void
}

const NAME = 'musubi.session'

/** A channel to the other tabs; where the browser has none every tab stands for itself. */
export function openTabChannel(): TabChannel {
  if (typeof BroadcastChannel === 'undefined') {
    return { post: () => undefined, listen: () => () => undefined }
  }
  const channel = new BroadcastChannel(NAME)
  return {
    post: (message) => channel.postMessage(message),
    listen(listener) {
      const onMessage = (event: MessageEvent<TabMessage>) => listener(event.data)
      channel.addEventListener('message', onMessage)
      return () => channel.removeEventListener('message', onMessage)
    },
  }
}
