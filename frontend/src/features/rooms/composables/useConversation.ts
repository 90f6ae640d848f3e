import { computed, inject, type InjectionKey, provide, ref } from 'vue'
import type { SessionUser } from '@/api'
import type { Person, RoomRead } from '@/api/generated/types.gen'
import { request, useRoomSubscription } from '@/realtime'
import { usePersonName } from '@/shared/composables/usePersonName'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'
import { reacted } from '../lib/messageLog'
import { type ShownMessage, withOutgoing } from '../lib/outgoing'
import { buildTimeline } from '../lib/timeline'
import { useMembers } from '../queries'
import { useOutboxStore } from '../stores/outbox'
import { useMessages } from './useMessages'
import { useReading } from './useReading'

export type Conversation = ReturnType<typeof createConversation>

const CONVERSATION: InjectionKey<Conversation> = Symbol('conversation')

/** A room that is open: what is said in it, and what one can do about it. */
function createConversation(room: () => RoomRead) {
  const session = useSessionStore()
  const outbox = useOutboxStore()
  const errors = useErrorStore()
  const personName = usePersonName()
  const { name } = room()

  /** Stays who it was while a session ends and the page is still there. */
  const me = computed<SessionUser>((before) => session.user ?? before!)
  const isOwner = computed(() => room().created_by === me.value.id)
  const isModerator = computed(() => session.can('rooms:moderate'))
  const isAtEnd = ref<boolean>(false)
  /** The message that is being said differently. */
  const editing = ref<number | null>(null)
  /** The one that is to be deleted, if that is meant. */
  const deleting = ref<number | null>(null)
  /** The picture that is shown in full, by its stored name. */
  const viewing = ref<string | null>(null)

  const { isHeard, error: refusal } = useRoomSubscription(() => (room().is_member ? name : null))
  const messages = useMessages(name, { isHeard, isFollowing: () => isFollowing.value })
  const { log } = messages
  const isFollowing = computed(() => isAtEnd.value && log.value?.hasNewer === false)

  const { unreadAfter } = useReading({
    room,
    isAtEnd: () => isFollowing.value,
    lastSeq: () => log.value?.messages.findLast(({ user }) => user.id !== me.value.id)?.seq ?? null,
  })

  const entries = computed(() => {
    const { messages: known = [], hasNewer = false } = log.value ?? {}
    // What is on its way stands at the end, which isn't there when there is more to load.
    const own = hasNewer ? [] : outbox.queue.filter((entry) => entry.room === name)
    const shown = withOutgoing(known, own, me.value)
    return buildTimeline(shown, { myId: me.value.id, readSeq: unreadAfter.value })
  })

  const members = useMembers(() => name)
  const known = computed(() => members.data.value?.pages.flatMap(({ data }) => data) ?? [])
  const names = computed(() => {
    const people = [...(log.value?.messages.map(({ user }) => user) ?? []), ...known.value]
    return new Map(people.map((person) => [person.id, personName(person)]))
  })
  const faces = computed(
    () => new Map(known.value.map((person) => [person.id, person.profile_image])),
  )

  /** Says something, and goes to where it will stand. */
  function send({ content, cid }: { content: string; cid: string }): void {
    unreadAfter.value = null
    if (log.value?.hasNewer) void messages.open('latest')
    isAtEnd.value = true
    outbox.send(name, content, cid)
  }

  /** Begins to edit what one said last. */
  function editLast(): void {
    const last = entries.value.findLast(({ message }) => isEditable(message))
    if (last) editing.value = last.message.id
  }

  async function edit(id: number, content: string): Promise<void> {
    await request({ type: 'edit', id, content })
  }

  async function remove(id: number): Promise<void> {
    await request({ type: 'delete', id })
  }

  /** Shows at once what the server is about to say, and takes it back if it refuses. */
  async function react(id: number, emoji: string, on: boolean): Promise<void> {
    const show = (isOn: boolean) => {
      if (log.value) log.value = reacted(log.value, { id, emoji, on: isOn, userId: me.value.id })
    }
    show(on)
    try {
      await request({ type: 'react', id, emoji, on })
    } catch (error) {
      show(!on)
      errors.handleApiError(error, 'rooms.react')
    }
  }

  const isEditable = (message: ShownMessage): boolean =>
    message.id !== null && !message.deleted_at && message.user.id === me.value.id

  return {
    room: computed(room),
    me,
    /** May change the room and who is in it. */
    canManage: computed(() => isOwner.value || isModerator.value),
    refusal,
    ...messages,
    members,
    entries,
    isAtEnd,
    isFollowing,
    editing,
    deleting,
    viewing,
    nameOf: (id: number): string | undefined => names.value.get(id),
    /** Someone as messages name them, with the face that the list of members has. */
    withFace: (person: Person) => ({ ...person, profile_image: faces.value.get(person.id) }),
    isEditable,
    isRemovable: (message: ShownMessage): boolean =>
      isEditable(message) ||
      (isModerator.value && message.id !== null && message.deleted_at === null),
    send,
    editLast,
    edit,
    remove,
    react,
    retry: outbox.retry,
    discard: outbox.discard,
  }
}

/** Opens a room for the component and all that it shows. */
export function provideConversation(room: () => RoomRead): Conversation {
  const conversation = createConversation(room)
  provide(CONVERSATION, conversation)
  return conversation
}

/** The room in which the component stands. */
export function useConversation(): Conversation {
  const conversation = inject(CONVERSATION)
  if (!conversation) throw new Error('There is no conversation around this component')
  return conversation
}
