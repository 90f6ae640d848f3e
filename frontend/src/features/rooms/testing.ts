import type { MessageRead, Person, RoomRead } from '@/api/generated/types.gen'
import type { FrameOf } from '@/realtime'

export const HANAKO: Person = { id: 1, username: 'hanako', full_name: 'Hanako Yuki' }
export const TARO: Person = { id: 2, username: 'taro', full_name: null }

export function aRoom(changes: Partial<RoomRead> = {}): RoomRead {
  return {
    name: 'general',
    topic: 'What everyone should know',
    is_private: false,
    created_at: '2026-01-30T09:30:00Z',
    created_by: 1,
    epoch: 'e1',
    seq: 0,
    message_count: 0,
    last_message_at: null,
    is_member: true,
    read_seq: 0,
    unread: 0,
    ...changes,
  }
}

/** A message of Taro, unless told otherwise; one a minute, by its number. */
export function aMessage(seq: number, changes: Partial<MessageRead> = {}): MessageRead {
  return {
    id: 100 + seq,
    room: 'general',
    seq,
    content: `Message ${seq}`,
    cid: `c${seq}`,
    user: TARO,
    timestamp: new Date(Date.UTC(2026, 0, 31, 9, seq)).toISOString(),
    edited_at: null,
    deleted_at: null,
    reactions: [],
    ...changes,
  }
}

/** The frame in which such a message comes. */
export function aMessageFrame(seq: number, changes: Partial<MessageRead> = {}): FrameOf<'message'> {
  return { type: 'message', ...aMessage(seq, changes) }
}
