import type { FileRead, UploadLimits } from '@/api/generated/types.gen'

export const MIB = 1024 * 1024

/** What a server takes that is set up as usual. */
export const LIMITS: UploadLimits = {
  simple: {
    max_bytes: 10 * MIB,
    types: [
      { content_type: 'image/jpeg', kind: 'image', extensions: ['.jpg', '.jpeg'] },
      { content_type: 'image/png', kind: 'image', extensions: ['.png'] },
      { content_type: 'application/pdf', kind: 'document', extensions: ['.pdf'] },
    ],
  },
  resumable: {
    max_bytes: 1024 * MIB,
    types: [
      { content_type: 'image/png', kind: 'image', extensions: ['.png'] },
      { content_type: 'application/zip', kind: 'archive', extensions: ['.zip'] },
    ],
  },
  max_files: 10,
  quota_bytes: 1024 * MIB,
  used_bytes: 24 * MIB,
  files: 3,
}

/** The stored name of the file of this number. */
export const storedName = (id: number, extension = 'png') =>
  `${id.toString(16).padStart(32, '0')}.${extension}`

/** A picture that hangs on nothing. */
export function aFile(changes: Partial<FileRead> = {}): FileRead {
  const id = changes.id ?? 1
  const name = storedName(id)
  return {
    id,
    filename: 'roof.png',
    stored_name: name,
    size: 2048,
    content_type: 'image/png',
    kind: 'image',
    sha256: '0'.repeat(64),
    url: `/api/v1/upload/files/${name}?signature=a`,
    thumbnail_url: `/api/v1/upload/thumbnails/${name}?signature=a`,
    width: 400,
    height: 200,
    description: '',
    item_id: null,
    owner_id: 1,
    created_at: '2026-01-31T09:30:00Z',
    ...changes,
  }
}
