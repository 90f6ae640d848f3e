import { useSessionStore } from '@/shared/stores/session'

/** Who may change an item: its owner, and those who may change any. The server decides the same way. */
export function useItemAccess() {
  const session = useSessionStore()
  return {
    canChange: ({ owner_id }: { owner_id: number }) =>
      owner_id === session.user?.id || session.can('items:write_any'),
  }
}
