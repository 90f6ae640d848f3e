import type { Component } from 'vue'
import IconArchive from '~icons/lucide/file-archive'
import IconPicture from '~icons/lucide/file-image'
import IconDocument from '~icons/lucide/file-text'
import IconVideo from '~icons/lucide/file-video'
import type { Kind } from '@/api/generated/types.gen'

const ICONS: Readonly<Record<Kind, Component>> = {
  image: IconPicture,
  document: IconDocument,
  video: IconVideo,
  archive: IconArchive,
}

/** What people call a file of this type. */
function kindOf(contentType: string): Kind {
  if (contentType.startsWith('image/')) return 'image'
  if (contentType.startsWith('video/')) return 'video'
  return contentType.includes('zip') ? 'archive' : 'document'
}

export function kindIcon(contentType: string): Component {
  return ICONS[kindOf(contentType)]
}
