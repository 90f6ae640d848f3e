import { useMutation } from '@pinia/colada'
import {
  forgotPassword,
  getMe,
  resetPassword,
  sendVerificationEmail,
  verifyEmail,
} from '@/api/generated/sdk.gen'
import type { PasswordReset } from '@/api/generated/types.gen'
import { useErrorStore } from '@/shared/stores/errors'
import { useSessionStore } from '@/shared/stores/session'

/** Has a link to set a new password mailed to whoever has this address. */
export function useForgotPassword() {
  return useMutation({
    mutation: async (email: string) => {
      await forgotPassword({ body: { email } })
    },
  })
}

/** Sets a new password with a mailed token; every session ends, the one of this browser too. */
export function useResetPassword() {
  const session = useSessionStore()
  return useMutation({
    mutation: async (reset: PasswordReset) => {
      await resetPassword({ body: reset })
    },
    onSuccess: async () => {
      if (session.isSignedIn) await session.logout()
    },
  })
}

/** Mails the link to confirm one's own address again. */
export function useSendVerification() {
  return useMutation({
    mutation: async () => {
      await sendVerificationEmail()
    },
  })
}

/** Confirms an address with a mailed token. It may be that of who is signed in here. */
export function useVerifyEmail() {
  const session = useSessionStore()
  const errors = useErrorStore()
  return useMutation({
    mutation: async (token: string) => {
      await verifyEmail({ body: { token } })
    },
    onSuccess: async () => {
      if (!session.isSignedIn) return
      try {
        session.updateUser((await getMe()).data)
      } catch (error) {
        errors.handleApiError(error, 'accounts.me')
      }
    },
  })
}
