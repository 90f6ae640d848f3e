import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import {
  addPasskey,
  confirmTotp,
  getPasskeyRegistrationOptions,
  getTwoFactor,
  linkIdentity,
  listOidcProviders,
  makeRecoveryCodes,
  removePasskey,
  removeTotp,
  renamePasskey,
  setUpTotp,
  unlinkIdentity,
} from '@/api/generated/sdk.gen'
import { useProof } from './composables/useProof'
import { createPasskey } from './lib/webauthn'

/** What the account can sign in with, and accounts elsewhere that open it. */
const FACTORS = ['accounts', 'factors']

export function useFactors() {
  return useQuery({
    key: FACTORS,
    query: async ({ signal }) => (await getTwoFactor({ signal })).data,
  })
}

/** Where people may sign in with an account that they have already; most installations have none. */
export function useProviders() {
  return useQuery({
    key: ['accounts', 'providers'],
    query: async ({ signal }) => (await listOidcProviders({ signal })).data.data,
    staleTime: 300_000,
  })
}

/** A change of the factors, with a proof where the server wants one. */
function useFactorChange<Vars, Result>(change: (vars: Vars) => Promise<Result>) {
  const cache = useQueryCache()
  const { withProof } = useProof()
  return useMutation({
    mutation: (vars: Vars) => withProof(() => change(vars)),
    onSettled: () => {
      // A list that can't be loaded again says so itself; the change was made all the same.
      cache.invalidateQueries({ key: FACTORS }).catch(() => undefined)
    },
  })
}

/** Begins to set up an authenticator app; it counts once its first code is confirmed. */
export function useSetUpTotp() {
  const { withProof } = useProof()
  return useMutation({ mutation: () => withProof(async () => (await setUpTotp()).data) })
}

/** Resolves to recovery codes. */
export const useConfirmTotp = () =>
  useFactorChange(
    async (code: string) => (await confirmTotp({ body: { code } })).data.recovery_codes,
  )

export const useRemoveTotp = () => useFactorChange(async () => void (await removeTotp()))

/** New codes in place of those before. */
export const useMakeRecoveryCodes = () =>
  useFactorChange(async () => (await makeRecoveryCodes()).data.recovery_codes)

/** Has the browser make a passkey, and keeps it under a name. */
export const useAddPasskey = () =>
  useFactorChange(async (name: string) => {
    const { token, options } = (await getPasskeyRegistrationOptions()).data
    const credential = await createPasskey(options)
    return (await addPasskey({ body: { token, name, credential } })).data
  })

export const useRenamePasskey = () =>
  useFactorChange(async ({ id, name }: { id: number; name: string }) => {
    await renamePasskey({ path: { passkey_id: id }, body: { name } })
  })

export const useRemovePasskey = () =>
  useFactorChange(async (id: number) => {
    await removePasskey({ path: { passkey_id: id } })
  })

/** Resolves to where the browser has to go, to come back connected. */
export const useLinkIdentity = () =>
  useFactorChange(async (provider: string) => (await linkIdentity({ path: { provider } })).data.url)

export const useUnlinkIdentity = () =>
  useFactorChange(async (id: number) => {
    await unlinkIdentity({ path: { identity_id: id } })
  })
