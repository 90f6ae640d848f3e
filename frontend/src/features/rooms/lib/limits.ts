import { MAX_LENGTHS } from '@/realtime'

/** How many files one message can show. */
export const MAX_FILES = 10

/** The limit counts code points, of the text without the white space around it. */
export function charactersLeft(text: string): number {
  return MAX_LENGTHS.message.content - [...text.trim()].length
}
