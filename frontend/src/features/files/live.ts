import { useQueryCache } from '@pinia/colada'
import { onFrame, onReady } from '@/realtime'
import { useFileChanges } from '@/shared/files/changes'
import { fileKeys } from '@/shared/files/keys'

/** Keeps what is shown of files as it is on the server, those that hang on items too. */
export function start(): void {
  const cache = useQueryCache()
  const noteChange = useFileChanges()
  let hasConnected = false

  onFrame('files_changed', ({ item_id: itemId }) => noteChange(itemId))
  onFrame('resync', ({ room, reason }) => {
    // A query that fails shows that in its own place.
    const isOurs = room === null && reason === 'changed'
    if (isOurs) cache.invalidateQueries({ key: fileKeys.all }).catch(() => undefined)
  })
  // What changed between the first loading and the connection nobody has told. After an interruption
  // the application loads everything again.
  onReady(() => {
    if (!hasConnected) noteChange(null)
    hasConnected = true
  })
}
