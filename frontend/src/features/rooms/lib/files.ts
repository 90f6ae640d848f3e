import type { FileRead, MessageFile } from '@/api/generated/types.gen'

/** What a message tells of a file that was uploaded for it. */
export function asMessageFile(file: FileRead): MessageFile {
  const { stored_name, filename, content_type, kind, size, width, height, description } = file
  return { stored_name, filename, content_type, kind, size, width, height, description }
}

/** The longest side of a thumbnail, in pixels. */
const LONGEST = 200
/** The least that a finger hits. */
const SHORTEST = 44

/** The box in which a picture's thumbnail fits, in pixels: it is kept free, so that nothing jumps. */
export function thumbnailBox({ width, height }: Pick<MessageFile, 'width' | 'height'>) {
  const [wide, high] = [width || LONGEST, height || LONGEST]
  const scale = Math.min(1, LONGEST / wide, LONGEST / high)
  const side = (length: number) => Math.max(SHORTEST, Math.round(length * scale))
  return { width: side(wide), height: side(high) }
}
