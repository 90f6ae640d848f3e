import type { NotificationRead } from '@/api/generated/types.gen'

/** Where someone was mentioned, and how the message begins. */
export interface Mention {
  room: string
  seq: number
  excerpt: string
}

/** What a notification says of a mention; null for one of another kind, or that can't be understood. */
export function mentionOf({ kind, data }: NotificationRead): Mention | null {
  if (kind !== 'mention') return null
  const { room, seq, excerpt } = data
  if (typeof room !== 'string' || typeof seq !== 'number') return null
  return { room, seq, excerpt: typeof excerpt === 'string' ? excerpt : '' }
}

/** The page of a room. Rooms are another feature's: only the address is known here. */
export function roomPath(room: string): string {
  return `/rooms/${encodeURIComponent(room)}`
}

/** The kinds that are about one's own data, by the text that says so. */
const OWN_DATA: Readonly<Record<string, string>> = {
  export_ready: 'exportReady',
  import_done: 'importDone',
}

/** What to say of a notification that is about one's own data; null for any other. */
export function ownDataText({ kind }: NotificationRead): string | null {
  return Object.hasOwn(OWN_DATA, kind) ? OWN_DATA[kind]! : null
}

/** Where a notification leads: to the message that is meant, or to one's data. Null when nowhere. */
export function targetOf(notification: NotificationRead) {
  if (ownDataText(notification)) return { path: '/settings/data' }
  const mention = mentionOf(notification)
  return mention && { path: roomPath(mention.room), query: { at: String(mention.seq) } }
}
