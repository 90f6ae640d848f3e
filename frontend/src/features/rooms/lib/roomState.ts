import type { RoomRead } from '@/api/generated/types.gen'
import type { FrameOf } from '@/realtime'

/** The server counts no further. */
const MAX_UNREAD = 100

/** What a new message makes of its room; nothing if the room was loaded after it. */
function withMessage(room: RoomRead, frame: FrameOf<'message'>, myId: number): RoomRead {
  if (frame.seq <= room.seq) return room
  const isNew = frame.user.id !== myId && frame.deleted_at === null && frame.seq > room.read_seq
  return {
    ...room,
    seq: frame.seq,
    unread: Math.min(room.unread + (isNew ? 1 : 0), MAX_UNREAD),
    message_count: room.message_count + 1,
    last_message_at: frame.timestamp,
  }
}

function withRead(room: RoomRead, { seq, unread }: FrameOf<'read'>): RoomRead {
  return seq < room.read_seq ? room : { ...room, read_seq: seq, unread }
}

export function withFrame(
  room: RoomRead,
  frame: FrameOf<'message' | 'read'>,
  myId: number,
): RoomRead {
  return frame.type === 'read' ? withRead(room, frame) : withMessage(room, frame, myId)
}

const activity = (room: RoomRead) => Date.parse(room.last_message_at ?? room.created_at)

/** The liveliest in front. */
export function byActivity(rooms: readonly RoomRead[]): RoomRead[] {
  return rooms.toSorted((a, b) => activity(b) - activity(a))
}

const folded = (text: string) => text.normalize('NFKC').toLowerCase()

export function matches({ name, topic }: RoomRead, search: string): boolean {
  const wanted = folded(search.trim())
  return folded(name).includes(wanted) || folded(topic).includes(wanted)
}
