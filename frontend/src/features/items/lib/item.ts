import type { ItemCreate, ItemRead, ItemStatus } from '@/api/generated/types.gen'

/** In the order of an item's life. */
export const ITEM_STATUSES = ['draft', 'published', 'archived'] as const satisfies ItemStatus[]

/** What a person fills in; everything else of an item comes from the server. */
export type ItemValues = Required<ItemCreate>

/** An item with the tag that a change or a deletion of just this version sends as `If-Match`. */
export interface TaggedItem {
  item: ItemRead
  etag: string | null
}

/**
 * A tag for a version that came without one, by a frame. The server compares only the version; the
 * rest of its own tags says how the owner was called.
 */
export function tagOfVersion({ version }: ItemRead): string {
  return `"${version}"`
}

export function emptyValues(): ItemValues {
  return { title: '', description: '', status: 'draft', tags: [] }
}

export function valuesOf({ title, description, status, tags }: ItemRead): ItemValues {
  return { title, description, status, tags }
}

const ITEM_FIELDS = ['title', 'description', 'status', 'tags'] as const

export type ItemField = (typeof ITEM_FIELDS)[number]

/** The fields in which two versions differ, in the order of the form; tags count in their order. */
export function differingFields(one: ItemValues, other: ItemValues): ItemField[] {
  return ITEM_FIELDS.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
}

/** What a PATCH must send to get from one version to another. */
export function changedFields(from: ItemValues, to: ItemValues): Partial<ItemValues> {
  return Object.fromEntries(differingFields(from, to).map((name) => [name, to[name]]))
}
