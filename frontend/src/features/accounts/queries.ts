import { useMutation, useQuery, useQueryCache, type UseQueryEntryFilter } from '@pinia/colada'
import {
  changePassword,
  createUser,
  deleteMe,
  deleteUser,
  getMe,
  getSetupState,
  getUser,
  listUsers,
  updateMe,
  updateUser,
} from '@/api/generated/sdk.gen'
import type {
  PasswordChange,
  ProfileUpdate,
  Role,
  UserCreate,
  UserUpdate,
} from '@/api/generated/types.gen'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'
import { useProof } from './composables/useProof'

const USERS_PER_PAGE = 20

export type UserStatus = 'active' | 'disabled'

export interface UserFilters {
  search: string
  role: Role | null
  status: UserStatus | null
  /** From 1. */
  page: number
}

const LISTS = ['accounts', 'users', 'list']
const oneUser = (id: number) => ['accounts', 'users', 'one', id]

/** Loads again what the filter names, at once where it is on the screen. */
function useReload() {
  const cache = useQueryCache()
  return (filter?: UseQueryEntryFilter) => {
    // A load that fails shows so in its own place; what was done before it has worked all the same.
    cache.invalidateQueries(filter).catch(() => undefined)
  }
}

/** One page of the accounts; the page before stays visible until it is there. */
export function useUserList(filters: () => UserFilters) {
  return useQuery({
    key: () => [...LISTS, { ...filters() }],
    query: async ({ signal }) => {
      const { search, role, status, page } = filters()
      const query = {
        search: search || undefined,
        role: role ?? undefined,
        is_active: status === null ? undefined : status === 'active',
        skip: (page - 1) * USERS_PER_PAGE,
        limit: USERS_PER_PAGE,
      }
      return (await listUsers({ query, signal })).data
    },
    placeholderData: (previous) => previous,
  })
}

/** Who could take over the items of `leaverId`: the first few active accounts that match. */
export function useHeirs(leaverId: () => number, search: () => string) {
  const limit = 5
  return useQuery({
    key: () => [...LISTS, { heirsOf: leaverId(), search: search() }],
    query: async ({ signal }) => {
      // One more than are shown, because the leaver may be among them.
      const query = { search: search() || undefined, is_active: true, limit: limit + 1 }
      const { data } = await listUsers({ query, signal })
      return data.data.filter(({ id }) => id !== leaverId()).slice(0, limit)
    },
    placeholderData: (previous) => previous,
  })
}

export function useUser(id: () => number) {
  return useQuery({
    key: () => oneUser(id()),
    query: async ({ signal }) => (await getUser({ path: { user_id: id() }, signal })).data,
  })
}

export function useCreateUser() {
  const reload = useReload()
  return useMutation({
    mutation: async (account: UserCreate) => (await createUser({ body: account })).data,
    onSuccess: () => reload({ key: LISTS }),
  })
}

/** Changes an account. Names stand in the lists of other features too, so all of them load again. */
/** Changes an account, with a proof where the server wants one: for a new address. */
export function useUpdateUser() {
  const cache = useQueryCache()
  const { withProof } = useProof()
  const reload = useReload()
  const session = useSessionStore()
  const errors = useErrorStore()

  /** A change of one's own role is a change of what one may do. */
  async function renewOwnAccount() {
    try {
      session.updateUser((await getMe()).data)
    } catch (error) {
      errors.handleApiError(error, 'accounts.me')
    }
  }

  return useMutation({
    mutation: ({ id, changes }: { id: number; changes: UserUpdate }) =>
      withProof(async () => (await updateUser({ path: { user_id: id }, body: changes })).data),
    onSuccess: async (user) => {
      cache.setQueryData(oneUser(user.id), user)
      const isOwn = user.id === session.user?.id
      // Who disabled the own account has no session left to load anything with.
      if (isOwn && !user.is_active) return
      if (isOwn) await renewOwnAccount()
      reload()
    },
  })
}

/** Deletes an account; `heirId` gets its items, or they stay with the nameless rest of it. */
export function useDeleteUser() {
  const reload = useReload()
  const session = useSessionStore()
  return useMutation({
    mutation: async ({ id, heirId }: { id: number; heirId: number | null }) => {
      await deleteUser({
        path: { user_id: id },
        query: { transfer_items_to: heirId ?? undefined },
      })
    },
    onSuccess: (_, { id }) => {
      if (id === session.user?.id) return
      // Its page is still on the screen, and asking for anything of it again could only fail.
      const isOfTheGone = ([feature, kind, , whose]: readonly unknown[]) =>
        feature === 'accounts' && kind === 'users' && whose === id
      reload({ predicate: (entry) => !isOfTheGone(entry.key) })
    },
  })
}

export function useUpdateProfile() {
  const reload = useReload()
  const session = useSessionStore()
  return useMutation({
    mutation: async (profile: ProfileUpdate) => (await updateMe({ body: profile })).data,
    onSuccess: (me) => {
      session.updateUser(me)
      reload()
    },
  })
}

export function useChangePassword() {
  return useMutation({
    mutation: async (change: PasswordChange) => {
      await changePassword({ body: change })
    },
  })
}

/** Whether this installation still waits for its first superuser. */
export function useSetupState() {
  return useQuery({
    key: ['accounts', 'setup'],
    query: async ({ signal }) => (await getSetupState({ signal })).data,
  })
}

/** Deletes one's own account, for good; the session is over then. */
export const useDeleteAccount = () =>
  useMutation({
    mutation: async () => {
      await deleteMe()
    },
  })
