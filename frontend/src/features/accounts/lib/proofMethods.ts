import type { ProofMethod, SecondFactorMethod } from '@/api/generated/types.gen'

const SECOND_FACTORS = ['totp', 'recovery', 'passkey'] as const satisfies SecondFactorMethod[]
const PROOFS = ['password', ...SECOND_FACTORS] as const satisfies ProofMethod[]

export function isSecondFactor(text: unknown): text is SecondFactorMethod {
  return SECOND_FACTORS.some((method) => method === text)
}

export function isProof(text: unknown): text is ProofMethod {
  return PROOFS.some((method) => method === text)
}
