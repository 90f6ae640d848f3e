/** How a value of an entry's details is shown: by a word of ours, as a person, or as it is. */
export type DetailValue =
  | { kind: 'word'; word: 'yes' | 'no' | 'nobody' | 'unrecorded' }
  | { kind: 'person'; id: number }
  | { kind: 'text'; text: string }

/** Details whose value is the id of a person, or null for none. */
const PEOPLE: readonly string[] = ['owner_id', 'items_went_to']

function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value)
    : JSON.stringify(value)
}

export function detailValue(name: string, value: unknown): DetailValue {
  if (PEOPLE.includes(name)) {
    return typeof value === 'number'
      ? { kind: 'person', id: value }
      : { kind: 'word', word: 'nobody' }
  }
  // Of what people say of themselves, the log says that it was changed, but not to what.
  if (value === null) return { kind: 'word', word: 'unrecorded' }
  if (typeof value === 'boolean') return { kind: 'word', word: value ? 'yes' : 'no' }
  return { kind: 'text', text: Array.isArray(value) ? value.map(plain).join(', ') : plain(value) }
}
