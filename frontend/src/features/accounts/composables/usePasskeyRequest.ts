import { ref } from 'vue'
import { toAppError } from '@/api'
import type { Assertion } from '@/api/generated/types.gen'
import { signWithPasskey } from '../lib/webauthn'
import { useRefusal } from '@/shared/composables/useRefusal'

/** What the server wants signed, and the token that goes back with it where there is one. */
export interface PasskeyRequest {
  token?: string
  options: Record<string, unknown>
}

export interface SignedRequest {
  token?: string
  assertion: Assertion
}

/** Has the browser ask for a passkey, and sends what it signed. What goes wrong is told beside it. */
export function usePasskeyRequest(
  ask: () => Promise<PasskeyRequest>,
  send: (signed: SignedRequest) => Promise<void>,
) {
  const { refusal, takeRefusal, clearRefusal } = useRefusal({ takesAll: true })
  const pending = ref<boolean>(false)

  async function run(): Promise<void> {
    clearRefusal()
    pending.value = true
    try {
      const { token, options } = await ask()
      await send({ token, assertion: await signWithPasskey(options) })
    } catch (thrown) {
      const error = toAppError(thrown)
      if (!takeRefusal(error)) throw error
    } finally {
      pending.value = false
    }
  }

  return { refusal, pending, run }
}
