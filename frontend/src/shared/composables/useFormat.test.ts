import { describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { mountWithApp } from '@/testing/mount'
import { useFormat } from './useFormat'

async function formats(language: 'en' | 'ja') {
  let found!: ReturnType<typeof useFormat>
  const component = defineComponent(() => {
    found = useFormat()
    return () => null
  })
  await mountWithApp(component, { language })
  return found
}

const NOW = Date.parse('2026-03-01T12:00:00Z')

describe('useFormat', () => {
  it.each([
    ['2026-03-01T11:59:31Z', 'just now', 'たった今'],
    ['2026-03-01T11:58:00Z', '2 minutes ago', '2 分前'],
    ['2026-03-01T09:00:00Z', '3 hours ago', '3 時間前'],
    ['2026-02-28T12:00:00Z', 'yesterday', '昨日'],
    ['2026-01-01T12:00:00Z', '2 months ago', '2 か月前'],
    ['2024-03-01T12:00:00Z', '2 years ago', '2 年前'],
    ['2026-03-01T12:05:00Z', 'in 5 minutes', '5 分後'],
  ])('says how far %s is from now', async (timestamp, english, japanese) => {
    expect((await formats('en')).relative(timestamp, NOW)).toBe(english)
    expect((await formats('ja')).relative(timestamp, NOW)).toBe(japanese)
  })

  it.each([
    [5, 'in 5 seconds', '5 秒後'],
    [61, 'in 2 minutes', '2 分後'],
    [720, 'in 12 minutes', '12 分後'],
    [3601, 'in 2 hours', '2 時間後'],
  ])('never promises too much: %i seconds from now', async (seconds, english, japanese) => {
    expect((await formats('en')).within(seconds)).toBe(english)
    expect((await formats('ja')).within(seconds)).toBe(japanese)
  })

  it('writes dates and numbers as the language does', async () => {
    expect((await formats('ja')).date('2026-03-01T12:00:00Z')).toBe('2026/03/01')
    expect((await formats('en')).date('2026-03-01T12:00:00Z')).toBe('Mar 1, 2026')
    expect((await formats('en')).number(12_345)).toBe('12,345')
  })
})
