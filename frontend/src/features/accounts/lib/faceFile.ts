import type { Square } from './squareCrop'

/** In pixels: more is shown nowhere. */
const LARGEST_SIDE = 512
const QUALITY = 0.9
/** In bytes. Only the part that is chosen gets uploaded, but the browser has to unpack all of it. */
const LARGEST_FILE = 50 * 1024 * 1024

export type PictureTrouble = 'notPicture' | 'tooLarge' | 'unreadable'

/** Why a file can't become a face, as far as that shows before it is read; else null. */
export function troubleWith({ type, size }: { type: string; size: number }): PictureTrouble | null {
  if (!type.startsWith('image/')) return 'notPicture'
  return size > LARGEST_FILE ? 'tooLarge' : null
}

/** The square of a picture as a file of its own, without anything else that the picture told. */
export async function cutOut(
  picture: HTMLImageElement,
  { left, top, side }: Square,
  name: string,
): Promise<File> {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.max(1, Math.min(Math.round(side), LARGEST_SIDE))
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser has no canvas to draw on')
  // JPEG knows no transparency; without a ground it would be black.
  context.fillStyle = '#ffffff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, 'image/jpeg', QUALITY),
  )
  if (!blob) throw new Error('The browser made no file of the picture')
  return new File([blob], name, { type: blob.type })
}
