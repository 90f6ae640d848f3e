/** A piece of plain text, or an address in it that may become a link. */
export interface TextPart {
  text: string
  href?: string
}

/** An http(s) address up to white space or a character that commonly encloses or follows one. */
const ADDRESS = /https?:\/\/[^\s<>"“”「」『』（）【】、。，！？]+/giu

const CLOSING = /[.,:;!?'")\]}]$/u

/** Takes away punctuation that belongs to the sentence; a bracket stays if it was opened inside. */
function trimmed(address: string): string {
  let end = address
  while (CLOSING.test(end)) {
    if (end.endsWith(')') && end.split('(').length >= end.split(')').length) break
    end = end.slice(0, -1)
  }
  return end
}

/** Splits a text at the web addresses in it; joined, the parts are the text again. */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = []
  let done = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0])
    if (!URL.canParse(address)) continue
    if (match.index > done) parts.push({ text: text.slice(done, match.index) })
    parts.push({ text: address, href: address })
    done = match.index + address.length
  }
  if (done < text.length) parts.push({ text: text.slice(done) })
  return parts
}
