import { crc32 } from 'node:zlib'

const NAME = Buffer.from('contents.bin')
const ZIP = 'application/zip'

/** The header that stands before a file's bytes, and again in the directory at the end of the archive. */
function header(signature: number, isInDirectory: boolean, contents: Buffer): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0) // The version that is needed.
  fields.writeUInt16LE(0x21, 8) // 1980-01-01.
  fields.writeUInt32LE(crc32(contents), 10)
  fields.writeUInt32LE(contents.length, 14)
  fields.writeUInt32LE(contents.length, 18)
  fields.writeUInt16LE(NAME.length, 22)
  const start = Buffer.alloc(isInDirectory ? 6 : 4)
  start.writeUInt32LE(signature, 0)
  const rest = isInDirectory ? Buffer.alloc(14) : Buffer.alloc(0)
  return Buffer.concat([start, fields, rest, NAME])
}

/** A zip archive as Playwright hands it to a file field, with one file of so many bytes in it. */
export function archive(name: string, bytes: number) {
  const contents = Buffer.alloc(bytes, 'Kumiko ')
  const local = header(0x04034b50, false, contents)
  const directory = header(0x02014b50, true, contents)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(local.length + contents.length, 16)
  return { name, mimeType: ZIP, buffer: Buffer.concat([local, contents, directory, end]) }
}
