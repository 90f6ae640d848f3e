import type { AxiosInstance } from 'axios'

/** The signed-in account with what it may do. */
export interface SessionUser {
  id: number
  username: string
  email: string
  full_name: string | null
  bio: string | null
  profile_image: string | null
  role: string
  is_superuser: boolean
  permissions: string[]
}

/** The answer of everything that starts or renews a session, as far as the browser uses it. */
export interface TokenReply {
  access_token: string
  expires_in: number
  user: SessionUser
}

export interface Credentials {
  username: string
  password: string
}

export interface Registration {
  username: string
  email: string
  password: string
}

export interface FirstSuperuser extends Registration {
  token: string
  full_name?: string | null
}

export const API_PREFIX = '/api/v1'

/** Routes that make or end a session: a 401 from one of them is an answer, not an expired token. */
export const SESSION_ROUTES: readonly string[] = [
  `${API_PREFIX}/auth/login`,
  `${API_PREFIX}/auth/register`,
  `${API_PREFIX}/auth/refresh`,
  `${API_PREFIX}/auth/logout`,
  `${API_PREFIX}/setup`,
]

/** The few calls that the session itself is made of; each rejects with an `AppError`. */
export interface SessionApi {
  login(credentials: Credentials): Promise<TokenReply>
  register(registration: Registration): Promise<TokenReply>
  setup(account: FirstSuperuser): Promise<TokenReply>
  refresh(): Promise<TokenReply>
  logout(): Promise<void>
}

export function createSessionApi(http: AxiosInstance): SessionApi {
  const post = async <T>(path: string, body?: unknown) =>
    (await http.post<T>(API_PREFIX + path, body)).data
  return {
    login: (credentials) =>
      post('/auth/login', new URLSearchParams({ ...credentials, grant_type: 'password' })),
    register: (registration) => post('/auth/register', registration),
    setup: (account) => post('/setup', account),
    refresh: () => post('/auth/refresh'),
    logout: async () => {
      await post('/auth/logout')
    },
  }
}
