import type { FileRead } from '@/api/generated/types.gen'

/** What is asked for by pressing something that stands at a file. */
export type FileActionKind = 'open' | 'describe' | 'delete'

export interface FileAction {
  kind: FileActionKind
  file: FileRead
}
