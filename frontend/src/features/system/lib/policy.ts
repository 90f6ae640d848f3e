/** At most `amount` times within any `seconds` seconds. */
export interface Policy {
  amount: number
  seconds: number
}

/** Reads a policy as in the header `RateLimit-Policy`: `"login";q=5;w=1800`. Null for another form. */
export function parsePolicy(policy: string): Policy | null {
  const amount = /;q=(\d+)/u.exec(policy)?.[1]
  const seconds = /;w=(\d+)/u.exec(policy)?.[1]
  return amount && seconds ? { amount: Number(amount), seconds: Number(seconds) } : null
}
