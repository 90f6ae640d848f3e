import { AppError, toAppError } from '@/api'
import { CANCELLED } from '@/api/app-error'
import type { ProofMethod } from '@/api/generated/types.gen'
import { isProof } from '../lib/proofMethods'
import { useProofStore } from '../proofStore'

/** How the server wants it proved who one is; null for any other failure. */
function wantedProof({ status, details }: AppError): ProofMethod[] | null {
  if (status !== 403 || details.reason !== 'reauthentication_required') return null
  return Array.isArray(details.methods) ? details.methods.filter(isProof) : []
}

/**
 * For what the server does only for someone who has just proved who they are. When it asks for that,
 * so does `ProofDialog`, which the page has to hold; then the action is done again.
 */
export function useProof() {
  const proofs = useProofStore()

  /** Rejects like the action, or with the code `CANCELLED` when there was no proof. */
  async function withProof<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action()
    } catch (thrown) {
      const error = toAppError(thrown)
      const methods = wantedProof(error)
      if (methods === null) throw error
      if (!(await proofs.ask(methods))) throw new AppError({ code: CANCELLED, cause: error })
      return action()
    }
  }

  return { withProof }
}
