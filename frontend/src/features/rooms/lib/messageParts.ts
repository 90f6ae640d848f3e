import { linkify } from '@/shared/lib/linkify'
import { mentionsIn } from './mention'

/** A piece of a message: plain text, an address, or someone's name. */
export interface MessagePart {
  text: string
  href?: string
  /** Who is meant: oneself, or someone else. */
  mention?: 'me' | 'other'
}

function splitAtMentions(text: string, myName: string): MessagePart[] {
  const parts: MessagePart[] = []
  let done = 0
  for (const { start, end, isMe } of mentionsIn(text, myName)) {
    if (start > done) parts.push({ text: text.slice(done, start) })
    parts.push({ text: text.slice(start, end), mention: isMe ? 'me' : 'other' })
    done = end
  }
  if (done < text.length) parts.push({ text: text.slice(done) })
  return parts
}

/** Splits a message at the addresses and names in it; joined, the parts are the text again. */
export function messageParts(text: string, myName: string): MessagePart[] {
  return linkify(text).flatMap((part) => (part.href ? part : splitAtMentions(part.text, myName)))
}
