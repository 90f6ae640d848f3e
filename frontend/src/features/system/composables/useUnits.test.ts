import { expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { mountWithApp } from '@/testing/mount'
import { useUnits } from './useUnits'

async function unitsIn(language: 'en' | 'ja') {
  let units!: ReturnType<typeof useUnits>
  await mountWithApp(
    defineComponent(() => {
      units = useUnits()
      return () => null
    }),
    { language },
  )
  return units
}

it('says how long in two units at the most', async () => {
  const { duration } = await unitsIn('en')
  expect([0, 59, 60, 61, 3600, 7260, 190_000, 172_800].map(duration)).toEqual([
    '0 seconds',
    '59 seconds',
    '1 minute',
    '1 minute 1 second',
    '1 hour',
    '2 hours 1 minute',
    '2 days 4 hours',
    '2 days',
  ])
})

it('speaks Japanese', async () => {
  const { duration } = await unitsIn('ja')
  expect(duration(7260).replaceAll(/\s/gu, '')).toBe('2時間1分')
})

it('says how large', async () => {
  const { bytes } = await unitsIn('en')
  expect([0, 999, 1000, 456_789, 12_345_678, 3.2e9, 5e15].map(bytes)).toEqual([
    '0 byte',
    '999 byte',
    '1 kB',
    '456.8 kB',
    '12.3 MB',
    '3.2 GB',
    '5,000 TB',
  ])
})
