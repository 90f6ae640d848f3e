import { http, renewToken, requestLanguage, token } from './instance'
import { traceparent } from './trace'

/**
 * Where a path is that the server gives from its root, `/api/v1/…`: for pictures, links and requests that
 * the browser or a library makes. What is no such path comes back as it is.
 */
export function apiUrl(path: string): string {
  return path.startsWith('/') ? `${http.defaults.baseURL ?? ''}${path}` : path
}

/** What a request to the API carries that Axios doesn't send. */
export interface Identity {
  headers: Readonly<Record<string, string>>
  /** To be called when it was answered by 401: resolves when another attempt may go better. */
  renew: () => Promise<void>
}

/** Identifies a request that is about to be sent; its token is of no use for a later one. */
export function identify(): Identity {
  const sent = token.get()
  const headers = { 'Accept-Language': requestLanguage(), traceparent: traceparent() }
  return {
    headers: sent === null ? headers : { ...headers, Authorization: `Bearer ${sent}` },
    renew: async () => {
      if (sent !== null) await renewToken(sent)
    },
  }
}
