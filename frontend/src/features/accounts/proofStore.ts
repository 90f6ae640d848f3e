import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ProofMethod } from '@/api/generated/types.gen'
import { onSessionEnd } from '@/shared/stores/reset'

/** What the dialog that asks who one is has been asked for. */
export const useProofStore = defineStore('accounts-proof', () => {
  /** How it can be proved; null while nobody has to, none when only a new sign-in would do. */
  const methods = shallowRef<readonly ProofMethod[] | null>(null)
  let settle: ((isProved: boolean) => void) | null = null

  /** Ends the asking: what waited for the proof goes on, or doesn't happen. */
  function answer(isProved: boolean): void {
    methods.value = null
    settle?.(isProved)
    settle = null
  }

  /** Asks for a proof; resolves to whether there was one. */
  function ask(possible: readonly ProofMethod[]): Promise<boolean> {
    answer(false)
    methods.value = possible
    return new Promise((resolve) => {
      settle = resolve
    })
  }

  onSessionEnd(() => answer(false))

  return { methods, ask, answer }
})
