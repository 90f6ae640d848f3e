/** What names of accounts are made of. */
const IN_NAME = String.raw`[\p{L}\p{M}\p{N}_.\-]`

/** Letters of languages that put no space between a name and what stands beside it. */
const WIDE = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]`

/** An @, as keyboards of either width have it, unless it is a part of an e-mail address. */
const AT = `(?<!(?!${WIDE})${IN_NAME}|[@＠])[@＠]`

const MAX_NAME = 50
const MENTION = new RegExp(`${AT}(${IN_NAME}+)`, 'gu')
const BEGUN = new RegExp(`${AT}(${IN_NAME}{0,${MAX_NAME}})$`, 'u')
const NARROW = new RegExp(`^(?:(?!${WIDE})${IN_NAME})+`, 'u')
const MAY_FOLLOW = new RegExp(`^(?:${WIDE}|[.\\-]+$|$)`, 'u')

const folded = (name: string) => name.normalize('NFKC').toLowerCase()

/** Someone's name in a text, with its @. */
export interface Mention {
  start: number
  end: number
  isMe: boolean
}

/**
 * How much of a run of characters is the name: one's own if it begins with that; else up to the first
 * wide letter, unless it begins with one, and without the punctuation of the sentence.
 */
function nameIn(run: string, myName: string): { length: number; isMe: boolean } {
  const own = run.slice(0, myName.length)
  if (folded(own) === folded(myName) && MAY_FOLLOW.test(run.slice(own.length))) {
    return { length: own.length, isMe: true }
  }
  const name = (NARROW.exec(run)?.[0] ?? run).replace(/[.-]+$/u, '')
  return { length: name.length, isMe: false }
}

/** Who is mentioned in a text, as it looks: the server knows who there is. */
export function mentionsIn(text: string, myName: string): Mention[] {
  return [...text.matchAll(MENTION)].flatMap(({ 0: whole, 1: run = '', index }) => {
    const { length, isMe } = nameIn(run, myName)
    return length > 0 ? { start: index, end: index + whole.length - run.length + length, isMe } : []
  })
}

/** A mention that is being written: where it stands, and what follows its @ up to the caret. */
export interface MentionDraft {
  start: number
  search: string
}

/** The mention in which the caret stands; null where there is none. */
export function mentionAt(text: string, caret: number): MentionDraft | null {
  const match = BEGUN.exec(text.slice(0, caret))
  return match && { start: match.index, search: match[1]! }
}

/** The text with the name in place of what was written of it, and where the caret goes. */
export function withMention(
  text: string,
  caret: number,
  { start }: MentionDraft,
  username: string,
): { text: string; caret: number } {
  const before = `${text.slice(0, start)}@${username} `
  return { text: before + text.slice(caret).replace(/^ /u, ''), caret: before.length }
}
