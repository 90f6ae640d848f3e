import { refDebounced } from '@vueuse/core'
import { computed, type Ref, ref, watch } from 'vue'
import { usePersonName } from '@/shared/composables/usePersonName'
import { mentionAt, withMention } from '../lib/mention'
import { usePeople } from '../queries'
import { useConversation } from './useConversation'

const REST_MS = 150
const MAX_SHOWN = 8

const folded = (text: string) => text.normalize('NFKC').toLowerCase()

export type MentionChoice = ReturnType<typeof useMentionChoice>

/**
 * Who can be meant by the name that is being written at the caret: anyone in a public room, only those
 * who are in it in a private one.
 */
export function useMentionChoice(text: Ref<string>, caret: Ref<number>) {
  const personName = usePersonName()
  const { room, me, members } = useConversation()
  /** Where the @ stands whose list was sent away. */
  const dismissed = ref<number | null>(null)
  const active = ref<number>(0)

  const draft = computed(() => mentionAt(text.value, caret.value))
  const search = refDebounced(
    computed(() => draft.value?.search ?? null),
    REST_MS,
  )
  const found = usePeople(() => (room.value.is_private ? null : search.value))

  const people = computed(() => {
    if (!draft.value) return []
    const wanted = folded(draft.value.search)
    const isMeant = (person: { username: string; full_name: string | null }) =>
      folded(person.username).includes(wanted) || folded(person.full_name ?? '').includes(wanted)
    const known = room.value.is_private
      ? (members.data.value?.pages.flatMap(({ data }) => data) ?? [])
      : (found.data.value ?? [])
    return known
      .filter((person) => person.id !== me.value.id && isMeant(person))
      .slice(0, MAX_SHOWN)
      .map((person) => ({ ...person, name: personName(person) }))
  })
  const isOpen = computed(
    () => people.value.length > 0 && draft.value !== null && draft.value.start !== dismissed.value,
  )

  watch(
    () => draft.value?.search,
    () => (active.value = 0),
  )
  watch(
    () => draft.value?.start,
    () => (dismissed.value = null),
  )

  function dismiss(): void {
    dismissed.value = draft.value?.start ?? null
  }

  function step(by: number): true {
    active.value = (active.value + by + people.value.length) % people.value.length
    return true
  }

  /** What a key means to the list: the username that it chooses, true for a key that is used up. */
  function onKey(key: string): string | true | undefined {
    if (!isOpen.value) return undefined
    if (key === 'ArrowDown') return step(1)
    if (key === 'ArrowUp') return step(-1)
    if (key === 'Enter' || key === 'Tab') return people.value[active.value]?.username
    if (key !== 'Escape') return undefined
    dismiss()
    return true
  }

  /** Puts a name in; returns where the caret goes. */
  function accept(username: string): number | null {
    if (!draft.value) return null
    const done = withMention(text.value, caret.value, draft.value, username)
    text.value = done.text
    return done.caret
  }

  return { people, isOpen, active, onKey, accept, dismiss }
}
