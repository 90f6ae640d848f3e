import {
  type EntryKey,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryCache,
} from '@pinia/colada'
import {
  addMember,
  createRoom,
  deleteRoom,
  getRoom,
  listMembers,
  listPeople,
  listRooms,
  listRoomUsers,
  removeMember,
  searchMessages,
  updateRoom,
} from '@/api/generated/sdk.gen'
import type {
  MemberReadCollection,
  MessageReadCollection,
  RoomCreate,
  RoomRead,
  RoomReadCollection,
  RoomUpdate,
} from '@/api/generated/types.gen'
import { useSessionStore } from '@/shared/stores/session'

export const roomKeys = {
  all: ['rooms'],
  joined: ['rooms', 'joined'],
  others: ['rooms', 'others'],
  room: (name: string) => ['rooms', 'room', name],
  members: (name: string) => ['rooms', 'members', name],
  users: (name: string) => ['rooms', 'users', name],
} as const

const PAGE = 100
/** A list that is longer isn't one to read; what is left out can be searched for on the server. */
const MAX_JOINED = 500

async function loadJoined(signal: AbortSignal): Promise<RoomRead[]> {
  const rooms: RoomRead[] = []
  let cursor: string | undefined
  do {
    const query = { joined: true, limit: PAGE, cursor }
    const { data } = await listRooms({ query, signal })
    rooms.push(...data.data)
    cursor = data.meta.next_cursor ?? undefined
  } while (cursor !== undefined && rooms.length < MAX_JOINED)
  return rooms
}

/** The rooms one is in. */
export function useJoinedRooms() {
  return useQuery({
    key: roomKeys.joined,
    query: ({ signal }) => loadJoined(signal),
  })
}

// Endless lists are `enabled` by the session: they notice when the cache is emptied at its end, and would
// ask again from a page that is about to go.

/** Public rooms one isn't in, as far as was asked for. */
export function useOtherRooms(search: () => string) {
  const session = useSessionStore()
  return useInfiniteQuery<RoomReadCollection, Error, string | null>(() => {
    const wanted = search()
    return {
      key: [...roomKeys.others, wanted],
      initialPageParam: null,
      query: async ({ pageParam, signal }) => {
        const query = {
          joined: false,
          search: wanted || undefined,
          cursor: pageParam ?? undefined,
          limit: 20,
        }
        return (await listRooms({ query, signal })).data
      },
      getNextPageParam: ({ meta }) => meta.next_cursor,
      enabled: session.isSignedIn,
    }
  })
}

export function useRoom(name: () => string) {
  return useQuery({
    key: () => roomKeys.room(name()),
    query: async ({ signal }) => (await getRoom({ path: { room: name() }, signal })).data,
  })
}

/** Who is in a room, by name, as far as was asked for. */
export function useMembers(name: () => string) {
  const session = useSessionStore()
  return useInfiniteQuery<MemberReadCollection, Error, string | null>(() => {
    const room = name()
    return {
      key: roomKeys.members(room),
      initialPageParam: null,
      query: async ({ pageParam, signal }) => {
        const query = { cursor: pageParam ?? undefined, limit: PAGE }
        return (await listMembers({ path: { room }, query, signal })).data
      },
      getNextPageParam: ({ meta }) => meta.next_cursor,
      enabled: session.isSignedIn,
    }
  })
}

/** Who is connected to a room; the live connection keeps it up to date. */
export function useRoomUsers(name: () => string) {
  return useQuery({
    key: () => roomKeys.users(name()),
    query: async ({ signal }) => (await listRoomUsers({ path: { room: name() }, signal })).data,
  })
}

/** A few people whose name matches. */
export function usePeople(search: () => string | null) {
  return useQuery({
    key: () => ['rooms', 'people', search() ?? ''],
    query: async ({ signal }) => {
      const query = { search: search() || undefined, limit: 8 }
      return (await listPeople({ query, signal })).data.data
    },
    placeholderData: (previous) => previous,
    enabled: () => search() !== null,
  })
}

/** Messages that contain a text, newest first, as far as was asked for. */
export function useFoundMessages(search: () => string) {
  const session = useSessionStore()
  return useInfiniteQuery<MessageReadCollection, Error, string | null>(() => {
    const wanted = search()
    return {
      key: ['rooms', 'found', wanted],
      initialPageParam: null,
      query: async ({ pageParam, signal }) => {
        const query = { search: wanted, cursor: pageParam ?? undefined, limit: 20 }
        return (await searchMessages({ query, signal })).data
      },
      getNextPageParam: ({ meta }) => meta.next_cursor,
      enabled: wanted !== '' && session.isSignedIn,
    }
  })
}

/** Loads again what the key names, at once where it is on the screen. */
export function useOutdate() {
  const cache = useQueryCache()
  return (...keys: EntryKey[]) => {
    for (const key of keys) {
      // Nobody waits for it, and a query that fails shows that in its own place.
      cache.invalidateQueries({ key }).catch(() => undefined)
    }
  }
}

/** Changes what is known of a room wherever it stands. */
export function usePatchRoom() {
  const cache = useQueryCache()
  return (name: string, change: (room: RoomRead) => RoomRead) => {
    const known = cache.getQueryData<RoomRead>(roomKeys.room(name))
    if (known) cache.setQueryData(roomKeys.room(name), change(known))
    const joined = cache.getQueryData<RoomRead[]>(roomKeys.joined)
    if (!joined?.some((room) => room.name === name)) return
    const rooms = joined.map((room) => (room.name === name ? change(room) : room))
    cache.setQueryData(roomKeys.joined, rooms)
  }
}

/** Forgets a room that one isn't in any more, or that is gone. */
export function useDropRoom() {
  const cache = useQueryCache()
  const outdate = useOutdate()
  return (name: string) => {
    const joined = cache.getQueryData<RoomRead[]>(roomKeys.joined)
    if (joined) {
      const left = joined.filter((room) => room.name !== name)
      cache.setQueryData(roomKeys.joined, left)
    }
    outdate(roomKeys.joined, roomKeys.others)
  }
}

export function useCreateRoom() {
  const cache = useQueryCache()
  const outdate = useOutdate()
  return useMutation({
    mutation: async ({ room, idempotencyKey }: { room: RoomCreate; idempotencyKey: string }) =>
      (await createRoom({ body: room, headers: { 'Idempotency-Key': idempotencyKey } })).data,
    onSuccess: (room) => {
      cache.setQueryData(roomKeys.room(room.name), room)
      outdate(roomKeys.joined)
    },
  })
}

export function useUpdateRoom(name: () => string) {
  const patch = usePatchRoom()
  return useMutation({
    mutation: async (changes: RoomUpdate) =>
      (await updateRoom({ path: { room: name() }, body: changes })).data,
    onSuccess: ({ topic, is_private }) => patch(name(), (room) => ({ ...room, topic, is_private })),
  })
}

export function useDeleteRoom(name: () => string) {
  const drop = useDropRoom()
  return useMutation({
    mutation: async () => {
      await deleteRoom({ path: { room: name() } })
    },
    onSuccess: () => drop(name()),
  })
}

export function useAddMember(name: () => string) {
  const outdate = useOutdate()
  return useMutation({
    mutation: async (userId: number) =>
      (await addMember({ path: { room: name() }, body: { user_id: userId } })).data,
    onSettled: () => outdate(roomKeys.members(name())),
  })
}

export function useRemoveMember(name: () => string) {
  const outdate = useOutdate()
  return useMutation({
    mutation: async (userId: number) => {
      await removeMember({ path: { room: name(), user_id: userId } })
    },
    onSettled: () => outdate(roomKeys.members(name())),
  })
}

/** Leaves a room oneself. */
export function useLeaveRoom(name: () => string) {
  const drop = useDropRoom()
  return useMutation({
    mutation: async (myId: number) => {
      await removeMember({ path: { room: name(), user_id: myId } })
    },
    onSuccess: () => drop(name()),
  })
}
