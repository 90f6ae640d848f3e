import { expect, it } from 'vitest'
import { namePasted } from './pasted'

const AT = new Date(2026, 0, 5, 9, 3, 7)
const named = (name: string, type: string) =>
  namePasted(new File(['x'], name, { type }), (time) => `Pasted ${time}`, AT)

it.each([
  ['image.png', 'image/png', 'Pasted 2026-01-05 09.03.07.png'],
  ['', 'image/jpeg', 'Pasted 2026-01-05 09.03.07.jpg'],
  ['blob', 'image/webp', 'Pasted 2026-01-05 09.03.07.webp'],
])('names a picture that came as "%s"', (name, type, given) => {
  const file = named(name, type)
  expect({ name: file.name, type: file.type, size: file.size }).toEqual({
    name: given,
    type,
    size: 1,
  })
})

it.each([
  ['roof.png', 'image/png'],
  ['image.pdf', 'application/pdf'],
  ['image of us.png', 'image/png'],
])('keeps a name that says something: %s', (name, type) => {
  expect(named(name, type).name).toBe(name)
})
