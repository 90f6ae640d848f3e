import { expect, it } from 'vitest'
import { detailValue } from './detailValue'

it.each([
  ['role', 'admin', { kind: 'text', text: 'admin' }],
  ['count', 3, { kind: 'text', text: '3' }],
  ['fields', ['bio', 'email'], { kind: 'text', text: 'bio, email' }],
  ['is_superuser', true, { kind: 'word', word: 'yes' }],
  ['is_active', false, { kind: 'word', word: 'no' }],
  ['email', null, { kind: 'word', word: 'unrecorded' }],
  ['owner_id', 7, { kind: 'person', id: 7 }],
  ['items_went_to', null, { kind: 'word', word: 'nobody' }],
  ['nested', { a: [1] }, { kind: 'text', text: '{"a":[1]}' }],
])('shows %s: %j', (name, value, shown) => {
  expect(detailValue(name, value)).toEqual(shown)
})
