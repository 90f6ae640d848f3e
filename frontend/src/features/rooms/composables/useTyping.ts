import { useThrottleFn } from '@vueuse/core'
import { onScopeDispose, ref } from 'vue'
import type { Person } from '@/api/generated/types.gen'
import { onFrame, send } from '@/realtime'

const SAID_EVERY_MS = 2000
const OVER_AFTER_MS = 5000

/** Who is writing in a room, and telling the others that one is. */
export function useTyping(room: string) {
  const people = ref<readonly Person[]>([])
  const timers = new Map<number, ReturnType<typeof setTimeout>>()

  function over(id: number): void {
    clearTimeout(timers.get(id))
    timers.delete(id)
    people.value = people.value.filter((person) => person.id !== id)
  }

  onFrame('typing', ({ room: where, user, is_typing: isTyping }) => {
    if (where !== room) return
    if (!isTyping) return over(user.id)
    if (!timers.has(user.id)) people.value = [...people.value, user]
    clearTimeout(timers.get(user.id))
    timers.set(
      user.id,
      setTimeout(() => over(user.id), OVER_AFTER_MS),
    )
  })
  onFrame('message', ({ room: where, user }) => {
    if (where === room) over(user.id)
  })
  onScopeDispose(() => timers.forEach(clearTimeout))

  const announce = useThrottleFn((isTyping: boolean) => {
    send({ type: 'typing', room, is_typing: isTyping })
  }, SAID_EVERY_MS)

  return { people, announce }
}
