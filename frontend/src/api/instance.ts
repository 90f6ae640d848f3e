import { createHttp } from './http'
import { createTokenHolder } from './session-token'

type TokenRenewal = (refused: string) => Promise<string>

let language = 'en'
let renewal: TokenRenewal | null = null

/** Sets the language in which the server answers from now on. */
export function setRequestLanguage(tag: string): void {
  language = tag
}

/** Says how a refused token is replaced: the session needs this instance, so it comes later. */
export function setTokenRenewal(renew: TokenRenewal): void {
  renewal = renew
}

export const requestLanguage = () => language

export const token = createTokenHolder()

/** Gets a token in place of the refused one; rejects when there is no session any more. */
export function renewToken(refused: string): Promise<string> {
  if (!renewal) throw new Error('A token was refused before there was a session')
  return renewal(refused)
}

/** The one Axios instance, which the generated services use, too. */
export const http = createHttp({
  baseURL: import.meta.env.VITE_API_BASE_URL ?? '',
  token,
  language: requestLanguage,
  refresh: renewToken,
})
