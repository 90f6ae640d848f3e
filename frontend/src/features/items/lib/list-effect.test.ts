import { expect, it } from 'vitest'
import { anItem } from '../testing'
import { type ItemListQuery, mustReload } from './list-effect'

const shown = anItem()
const retitled = anItem({ title: 'Autumn catalogue', version: 4 })
const published = anItem({ status: 'published', version: 4 })

it.each<[string, ItemListQuery]>([
  ['the newest', { sort: '-created_at' }],
  ['the oldest', {}],
  ['those with its status', { status: 'draft' }],
  ["its owner's", { owner_id: 1 }],
])('leaves a row where it is in a list of %s', (_list, query) => {
  expect(mustReload(query, shown, retitled)).toBe(false)
})

it.each<[string, ItemListQuery]>([
  ['by title', { sort: 'title' }],
  ['by title, backwards', { sort: '-title' }],
  ['by the last change', { sort: '-updated_at' }],
  ['by the last change, backwards', { sort: 'updated_at' }],
  ['that were found by words', { search: 'spring' }],
  ['with a tag', { tag: 'design' }],
])('lets the server say where a changed row belongs in a list %s', (_list, query) => {
  expect(mustReload(query, shown, retitled)).toBe(true)
})

it('lets the server fill the place of a row that does not belong there any more', () => {
  expect(mustReload({ status: 'draft' }, shown, published)).toBe(true)
  expect(mustReload({ owner_id: 1 }, shown, anItem({ owner_id: 2, version: 4 }))).toBe(true)
})

it('goes by the title alone where that is the order', () => {
  expect(mustReload({ sort: 'title' }, shown, published)).toBe(false)
})

it('goes by the words alone where they are what was looked for', () => {
  expect(mustReload({ search: 'spring' }, shown, published)).toBe(false)
})

it('asks for a list that an item may have come into, and for no other', () => {
  expect(mustReload({}, undefined, published)).toBe(true)
  expect(mustReload({ search: 'x', tag: 'y' }, undefined, published)).toBe(true)
  expect(mustReload({ status: 'draft' }, undefined, published)).toBe(false)
  expect(mustReload({ owner_id: 5 }, undefined, published)).toBe(false)
})
