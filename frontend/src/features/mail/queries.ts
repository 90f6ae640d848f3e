import { useQuery } from '@pinia/colada'
import { getMail, listMail } from '@/api/generated/sdk.gen'
import type { MailDetail, MailState } from '@/api/generated/types.gen'

const MAILS_PER_PAGE = 20

export interface MailFilters {
  search: string
  state: MailState | null
  /** From 1. */
  page: number
}

/** One page of the outbox, newest first; the page before stays visible until it is there. */
export function useMailList(filters: () => MailFilters) {
  return useQuery({
    key: () => ['mail', 'list', { ...filters() }],
    query: async ({ signal }) => {
      const { search, state, page } = filters()
      const query = {
        search: search || undefined,
        state: state ?? undefined,
        skip: (page - 1) * MAILS_PER_PAGE,
        limit: MAILS_PER_PAGE,
      }
      return (await listMail({ query, signal })).data
    },
    placeholderData: (previous) => previous,
  })
}

/** One mail with what it says. Each time it is asked for, the audit log gets an entry: so not by itself. */
export function useMail(id: () => number) {
  return useQuery<MailDetail>({
    key: () => ['mail', 'one', id()],
    query: async ({ signal }) => (await getMail({ path: { mail_id: id() }, signal })).data,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}
