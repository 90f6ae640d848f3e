import { fragmentToken } from './fragmentToken'

/** What the one-time links of the server's mails and of its first start carry. */
export const setupLink = fragmentToken()
export const resetLink = fragmentToken()
export const verificationLink = fragmentToken()
