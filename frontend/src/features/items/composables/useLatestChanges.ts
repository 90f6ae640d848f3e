import { computed } from 'vue'
import { useItemNewsStore } from '../stores/news'
import { useItemList } from '../queries'
import { useChangeAuthor } from './useChangeAuthor'

const SHOWN = 8

/** The last that happened to an item, as a row shows it. */
export interface Change {
  id: number
  /** Null for an item that was gone before one saw it. */
  title: string | null
  kind: 'created' | 'changed' | 'gone'
  /** In words; who took an item away isn't told. */
  who: string | null
  at: string
}

/** The latest changes of items that one may see, each with its last; newest first. */
export function useLatestChanges() {
  const news = useItemNewsStore()
  const { author } = useChangeAuthor()
  const list = useItemList(() => ({ sort: '-updated_at', limit: SHOWN }))

  const changes = computed<Change[] | undefined>(() => {
    const present = list.data.value?.data.map((item): Change => {
      const kind = item.version === 1 ? 'created' : 'changed'
      return { id: item.id, title: item.title, kind, who: author(item), at: item.updated_at }
    })
    if (!present) return undefined
    const gone = news.removals
      .filter(({ id }) => !present.some((change) => change.id === id))
      .map((removal): Change => ({ ...removal, kind: 'gone', who: null }))
    return [...present, ...gone]
      .toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at))
      .slice(0, SHOWN)
  })

  return { ...list, data: changes }
}
