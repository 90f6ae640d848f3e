import { useMutation, useQuery, useQueryCache } from '@pinia/colada'
import {
  createExport,
  createExportLink,
  createImport,
  deleteExport,
  listExports,
  listImports,
} from '@/api/generated/sdk.gen'
import { usePolling } from '@/shared/composables/usePolling'
import { useWithProof } from '@/shared/lib/proof'

const EXPORTS = ['portability', 'exports']
const IMPORTS = ['portability', 'imports']
/** In milliseconds: how often to look how far something is. */
const LOOK_EVERY = 2000

/** The archives of one's data, newest first; one that is being made is watched. */
export function useExports() {
  const query = useQuery({
    key: EXPORTS,
    query: async ({ signal }) => (await listExports({ signal })).data.data,
  })
  usePolling(() => {
    // A look that fails is told by the list; the next one may be luckier.
    if (query.data.value?.[0]?.state === 'preparing') query.refetch().catch(() => undefined)
  }, LOOK_EVERY)
  return query
}

/** The archives that one brought, newest first; one that is being imported is watched. */
export function useImports() {
  const query = useQuery({
    key: IMPORTS,
    query: async ({ signal }) => (await listImports({ signal })).data.data,
  })
  usePolling(() => {
    if (query.data.value?.[0]?.state === 'importing') query.refetch().catch(() => undefined)
  }, LOOK_EVERY)
  return query
}

function useChange<Vars, Result>(key: string[], change: (vars: Vars) => Promise<Result>) {
  const cache = useQueryCache()
  return useMutation({
    mutation: change,
    onSettled: () => {
      // A list that can't be loaded again says so itself; the change is made all the same.
      cache.invalidateQueries({ key }).catch(() => undefined)
    },
  })
}

/** Asks for an archive, after a proof of who one is. */
export function useAskForExport() {
  const withProof = useWithProof()
  return useChange(EXPORTS, () => withProof(async () => (await createExport()).data))
}

/** Removes an archive before its time. */
export const useRemoveExport = () =>
  useChange(EXPORTS, async (name: string) => {
    await deleteExport({ path: { export: name } })
  })

/** Lets the browser save an archive, after a proof of who one is. */
export function useDownload() {
  const withProof = useWithProof()
  return async (name: string): Promise<void> => {
    const { data } = await withProof(() => createExportLink({ path: { export: name } }))
    const link = document.createElement('a')
    link.href = data.url
    link.download = ''
    link.click()
  }
}

interface Sending {
  file: File
  /** Hears how many percent are sent. */
  tell: (percent: number) => void
}

/** Brings an archive. */
export const useBring = () =>
  useChange(
    IMPORTS,
    async ({ file, tell }: Sending) =>
      (
        await createImport({
          body: { file },
          // How long it takes is a matter of the connection; the server ends one that stands still.
          timeout: 0,
          onUploadProgress: ({ loaded, total = file.size }) =>
            tell(Math.min(100, Math.floor((100 * loaded) / Math.max(total, 1)))),
        })
      ).data,
  )
