/** A text in three parts, of which the middle one is what was searched for. */
export interface Excerpt {
  before: string
  match: string
  after: string
}

const LEAD = 30
const LENGTH = 140

/** A character with the marks that belong to it, those included that half-width kana have beside them. */
const CHARACTER = /.[\p{M}ﾞﾟ]*/gsu

const charactersOf = (text: string): string[] => text.match(CHARACTER) ?? []

/** Without regard to case and width, as the server searches; character by character, to keep the places. */
const folded = (characters: readonly string[]) =>
  characters.map((character) => character.normalize('NFKC').toLowerCase())

/** Where the characters from which to which are, that read as `wanted`; null where there are none. */
function find(characters: readonly string[], wanted: string): [number, number] | null {
  const text = folded(characters)
  const position = wanted ? text.join('').indexOf(wanted) : -1
  if (position < 0) return null
  let from = 0
  let length = 0
  for (; length + text[from]!.length <= position; from += 1) length += text[from]!.length
  let to = from
  for (; length < position + wanted.length; to += 1) length += text[to]!.length
  return [from, to]
}

/** What stands around the first place where the search is found, in one line. */
export function excerpt(content: string, search: string): Excerpt {
  const characters = charactersOf(content.replaceAll(/\s+/gu, ' '))
  const found = find(characters, folded(charactersOf(search.trim())).join('')) ?? [0, 0]
  const start = Math.max(0, found[0] - LEAD)
  const end = Math.max(found[1], start + LENGTH)
  const part = (from: number, to: number) => characters.slice(from, to).join('')
  return {
    before: (start > 0 ? '…' : '') + part(start, found[0]),
    match: part(...found),
    after: part(found[1], end) + (end < characters.length ? '…' : ''),
  }
}
