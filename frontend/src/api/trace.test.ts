import { describe, expect, it } from 'vitest'
import { traceparent } from './trace'

describe('traceparent', () => {
  it('is what W3C Trace Context wants: version, trace, span, and that it may be told', () => {
    expect(traceparent()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

  it('is another one each time', () => {
    const made = Array.from({ length: 100 }, () => traceparent())
    expect(new Set(made.map((value) => value.slice(3, 35))).size).toBe(100)
    expect(new Set(made.map((value) => value.slice(36, 52))).size).toBe(100)
  })

  it('goes on with a trace by a span of its own', () => {
    const first = traceparent()
    const second = traceparent(first)
    expect(second.slice(0, 36)).toBe(first.slice(0, 36))
    expect(second.slice(36, 52)).not.toBe(first.slice(36, 52))
  })
})
