import { useQueryCache } from '@pinia/colada'
import { onFrame } from '@/realtime'
import { accountChanged } from './account'

/** A first connection that takes longer than this may have missed something, in milliseconds. */
const PROMPT_MS = 5000

/** What the application itself keeps up with while someone is signed in. */
export function start(): void {
  const queries = useQueryCache()
  const startedAt = Date.now()
  let wasConnected = false

  /** Nobody knows what has changed meanwhile: fetches anew what is shown, and later the rest. */
  async function catchUp(): Promise<void> {
    // Each query shows by itself when it fails.
    await Promise.allSettled([accountChanged(), queries.invalidateQueries()])
  }

  onFrame('hello', async () => {
    const mayHaveMissed = wasConnected || Date.now() - startedAt > PROMPT_MS
    wasConnected = true
    if (mayHaveMissed) await catchUp()
  })
  onFrame('resync', async ({ room, reason }) => {
    // What has changed, and all of it was heard: whoever shows such things fetches them.
    if (room === null && reason !== 'changed') await catchUp()
  })
  onFrame('account_changed', accountChanged)
}
