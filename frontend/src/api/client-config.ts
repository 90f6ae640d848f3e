import type { CreateClientConfig } from './generated/client.gen'
import { http } from './instance'

/** Makes the generated services use the one Axios instance; the generated client calls it. */
export const createClientConfig: CreateClientConfig = (config) => ({
  ...config,
  axios: http,
  baseURL: http.defaults.baseURL ?? '',
  throwOnError: true,
})
