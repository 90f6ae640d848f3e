/** Keeps the access token in memory and nowhere else: no store, no browser storage, no devtools. */
export interface TokenHolder {
  get(): string | null
  set(token: string | null): void
}

export function createTokenHolder(): TokenHolder {
  let accessToken: string | null = null
  return {
    get: () => accessToken,
    set: (token) => {
      accessToken = token
    },
  }
}
