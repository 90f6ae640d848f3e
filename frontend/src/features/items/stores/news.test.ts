import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import { resetSessionState } from '@/shared/stores/reset'
import { anItem } from '../testing'
import { useItemNewsStore } from './news'

beforeEach(() => setActivePinia(createPinia()))

it('takes a version for news once, and an older one never', () => {
  const { tell } = useItemNewsStore()
  expect(tell(7, 3, anItem())).toBe(true)
  expect(tell(7, 3, anItem())).toBe(false)
  expect(tell(7, 2, anItem({ version: 2 }))).toBe(false)
  expect(tell(7, 4, null)).toBe(true)
})

it('knows the newer version of an item that an answer brings', () => {
  const { tell, newest } = useItemNewsStore()
  const newer = anItem({ version: 4, title: 'New' })
  tell(7, 4, newer)
  expect(newest(anItem())).toEqual(newer)
  const newestOfAll = anItem({ version: 5 })
  expect(newest(newestOfAll)).toBe(newestOfAll)
})

it('knows that an item is gone, until it comes back', () => {
  const { tell, newest } = useItemNewsStore()
  tell(7, 4, null)
  expect(newest(anItem())).toBeNull()
  // Withdrawn in this version, and now one may read it after all.
  const readable = anItem({ version: 4 })
  expect(newest(readable)).toBe(readable)
})

it('forgets the ones it was told first, and everything with the session', () => {
  const { tell, find } = useItemNewsStore()
  for (let id = 1; id <= 201; id += 1) tell(id, 1, anItem({ id }))
  expect(find(1)).toBeNull()
  expect(find(2)).not.toBeNull()
  resetSessionState()
  expect(find(2)).toBeNull()
})

it('keeps the last few removals, each once', () => {
  const news = useItemNewsStore()
  for (const id of [1, 2, 3, 4, 5, 6, 7, 8, 1, 9]) {
    news.noteRemoval({ id, title: null, at: '2026-01-31T09:30:00Z' })
  }
  expect(news.removals.map(({ id }) => id)).toEqual([9, 1, 8, 7, 6, 5, 4, 3])
})
