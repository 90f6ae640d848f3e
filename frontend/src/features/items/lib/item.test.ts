import { describe, expect, it } from 'vitest'
import { anItem } from '../testing'
import { changedFields, differingFields, valuesOf } from './item'

describe('changes of an item', () => {
  const before = valuesOf(anItem())

  it('are the fields that differ, and nothing else', () => {
    expect(changedFields(before, { ...before, title: 'New', tags: ['design', 'print'] })).toEqual({
      title: 'New',
      tags: ['design', 'print'],
    })
    expect(changedFields(before, { ...before, tags: [...before.tags] })).toEqual({})
  })

  it('count the order of tags', () => {
    const one = { ...before, tags: ['a', 'b'] }
    expect(differingFields(one, { ...before, tags: ['b', 'a'] })).toEqual(['tags'])
  })
})
