import { randomId } from '@/shared/lib/random-id'

/**
 * Keys for requests that create: sending the same again (a retry after a lost answer) gives the same
 * key, so that the server makes nothing twice; anything else is a new request with a new key.
 */
export function useIdempotencyKey(): (body: unknown) => string {
  let lastBody: string | null = null
  let key = ''
  return (body) => {
    const text = JSON.stringify(body)
    if (text !== lastBody) {
      lastBody = text
      key = randomId()
    }
    return key
  }
}
