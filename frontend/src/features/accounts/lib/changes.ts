/** For an optional text: what says nothing is kept as nothing. */
export function textOrNull(text: string): string | null {
  return text.trim() === '' ? null : text
}

/**
 * The entries of `after` that differ from `before`. Sending only those leaves alone what someone
 * else changed meanwhile.
 */
export function changesBetween<Values extends Record<string, unknown>>(
  before: Values,
  after: Values,
): Partial<Values> {
  const changed = Object.entries(after).filter(([name, value]) => value !== before[name])
  return Object.fromEntries(changed) as Partial<Values>
}
