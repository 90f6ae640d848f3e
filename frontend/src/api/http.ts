import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { toAppError } from './app-error'
import { isSessionRoute } from './session-routes'
import type { TokenHolder } from './session-token'
import { traceparent } from './trace'

declare module 'axios' {
  interface InternalAxiosRequestConfig {
    /** The access token this request was sent with, if any. */
    sentToken?: string
    /** Set on the second attempt, so that there is no third. */
    afterRefresh?: boolean
    /** Where in a trace it stands; the second attempt belongs to the trace of the first. */
    traceparent?: string
  }
}

const TIMEOUT_MS = 20_000

export interface HttpOptions {
  /** Origin of the API without a slash at the end; empty for the page's own. */
  baseURL: string
  token: TokenHolder
  /** The language that messages of the server should come in. */
  language: () => string
  /** Gets a token in place of the refused one; rejects when there is no session any more. */
  refresh: (refused: string) => Promise<string>
}

function isCrossOrigin(baseURL: string): boolean {
  return baseURL !== '' && new URL(baseURL, location.href).origin !== location.origin
}

/** The one Axios instance: every rejection of it is an `AppError`. */
export function createHttp({ baseURL, token, language, refresh }: HttpOptions): AxiosInstance {
  const http = axios.create({
    baseURL,
    timeout: TIMEOUT_MS,
    withCredentials: isCrossOrigin(baseURL),
    headers: { 'X-Session-Transport': 'cookie' },
  })

  http.interceptors.request.use((config) => {
    config.headers.set('Accept-Language', language())
    config.traceparent = traceparent(config.traceparent)
    config.headers.set('traceparent', config.traceparent)
    const accessToken = token.get()
    if (accessToken !== null) {
      config.headers.set('Authorization', `Bearer ${accessToken}`)
      config.sentToken = accessToken
    }
    return config
  })

  http.interceptors.response.use(undefined, async (thrown: unknown) => {
    const error = toAppError(thrown)
    const config = axios.isAxiosError(thrown) ? thrown.config : undefined
    if (error.status !== 401 || !config || !isWorthRefreshing(config)) throw error
    await refresh(config.sentToken!)
    return http.request({ ...config, afterRefresh: true } as InternalAxiosRequestConfig)
  })

  return http
}

function isWorthRefreshing(config: InternalAxiosRequestConfig): boolean {
  return config.sentToken !== undefined && !config.afterRefresh && !isSessionRoute(config.url ?? '')
}
