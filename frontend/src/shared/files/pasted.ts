/** What browsers call a picture from the clipboard that has no name of its own. */
const NAMELESS = /^(?:image|blob)?\.?(?:png|jpe?g|gif|webp)?$/iu

const two = (value: number) => String(value).padStart(2, '0')

/** A moment for a file's name, which may have no colons: `2026-01-31 09.30.15`. */
function timeForName(at: Date): string {
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join('.')}`
}

/**
 * A file from the clipboard. A picture without a name of its own is named by `nameAt`, which gets the
 * time as text, so that several can be told apart.
 */
export function namePasted(
  file: File,
  nameAt: (time: string) => string,
  at: Date = new Date(),
): File {
  if (!file.type.startsWith('image/') || !NAMELESS.test(file.name)) return file
  const extension = file.type === 'image/jpeg' ? 'jpg' : file.type.slice('image/'.length)
  return new File([file], `${nameAt(timeForName(at))}.${extension}`, { type: file.type })
}
