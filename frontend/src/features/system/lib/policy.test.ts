import { expect, it } from 'vitest'
import { parsePolicy } from './policy'

it('reads how often and in which time', () => {
  expect(parsePolicy('"login";q=5;w=1800')).toEqual({ amount: 5, seconds: 1800 })
  expect(parsePolicy('"login";w=60;q=10;pk=:abc:')).toEqual({ amount: 10, seconds: 60 })
})

it.each(['', '"login"', '"login";q=5', 'q=5;w=x'])('reads nothing from %j', (text) => {
  expect(parsePolicy(text)).toBeNull()
})
