import { expect, it } from 'vitest'
import { formatBytes } from './format-bytes'
import { MIB } from './testing'

it.each([
  [0, 'en', '0 bytes'],
  [1, 'en', '1 byte'],
  [1023, 'en', '1,023 bytes'],
  [1024, 'en', '1 kB'],
  [1536, 'ja', '1.5 KB'],
  [150 * 1024 + 700, 'en', '151 kB'],
  [MIB - 1, 'en', '1 MB'],
  [10 * MIB, 'ja', '10 MB'],
  [1.5 * 1024 * MIB, 'en', '1.5 GB'],
  [5000 * 1024 * MIB, 'en', '4.9 TB'],
  [12, 'ja', '12 バイト'],
])('says %i bytes in %s', (bytes, language, text) => {
  expect(formatBytes(bytes, language)).toBe(text)
})
