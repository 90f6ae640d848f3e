import { describe, expect, it } from 'vitest'
import { acceptedExtensions, isSimple, largest, precheck } from './precheck'
import { LIMITS, MIB } from './testing'

const candidate = (name: string, size: number) => ({ name, size })
const withoutResumable = { ...LIMITS, resumable: { ...LIMITS.resumable, max_bytes: 0 } }

describe('precheck', () => {
  it.each([
    ['what is small and of a known type', candidate('a.png', 10 * MIB), null],
    ['whatever case the extension is in', candidate('A.JPEG', 1), null],
    ['what is large, where it can be resumed', candidate('a.png', 11 * MIB), null],
    ['what can only be resumed', candidate('a.zip', 1), null],
    ['an unknown type', candidate('a.exe', 1), 'type'],
    ['a name without an extension', candidate('png', 1), 'type'],
    ['an extension in the middle', candidate('a.png.exe', 1), 'type'],
    ['an empty file', candidate('a.png', 0), 'empty'],
    ['what is too large for its only way', candidate('a.jpg', 10 * MIB + 1), 'tooLarge'],
    ['what is too large for both', candidate('a.png', 1024 * MIB + 1), 'tooLarge'],
    ['what fills the room to the brim', candidate('a.zip', 1000 * MIB), null],
    ['what there is no room for', candidate('a.zip', 1000 * MIB + 1), 'noRoom'],
  ])('judges %s', (_what, file, problem) => {
    expect(precheck(file, LIMITS)).toBe(problem && `shared.files.problems.${problem}`)
  })

  it('knows nothing of what a server without resumable uploads would refuse', () => {
    expect(precheck(candidate('a.zip', 1), withoutResumable)).toBe('shared.files.problems.type')
    expect(acceptedExtensions(withoutResumable)).not.toContain('.zip')
    expect(largest('a.png', withoutResumable)).toBe(10 * MIB)
  })
})

it('chooses the way by size and type', () => {
  expect(isSimple(candidate('a.png', 10 * MIB), LIMITS)).toBe(true)
  expect(isSimple(candidate('a.png', 10 * MIB + 1), LIMITS)).toBe(false)
  expect(isSimple(candidate('a.zip', 1), LIMITS)).toBe(false)
})

it('offers each extension once', () => {
  expect(acceptedExtensions(LIMITS)).toEqual(['.jpg', '.jpeg', '.png', '.pdf', '.zip'])
})
