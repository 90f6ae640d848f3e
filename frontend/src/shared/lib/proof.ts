import { inject, type InjectionKey } from 'vue'

/**
 * Does something that the server does only for someone who has just proved who they are; asks for
 * the proof when it wants one. Rejects like the action, or with `CANCELLED` when there was no proof.
 */
export type WithProof = <Result>(action: () => Promise<Result>) => Promise<Result>

/** How to prove who one is belongs to accounts, whose pages provide it to what others add to them. */
export const PROOF: InjectionKey<WithProof> = Symbol('proof')

/** Where nobody asks for proofs, the action itself. */
export const useWithProof = (): WithProof => inject(PROOF, (action) => action(), false)
