import type { MailState } from '@/api/generated/types.gen'

/** How far a mail can be, in the order of its life. */
export const MAIL_STATES = ['queued', 'sent', 'failed', 'kept'] as const satisfies MailState[]
