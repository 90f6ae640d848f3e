import { afterEach, describe, expect, it } from 'vitest'
import { identify } from './direct'
import { token } from './instance'

afterEach(() => token.set(null))

describe('a request that Axios does not send', () => {
  it('says in whose name, in which language and in which trace it is made', () => {
    expect(identify().headers).not.toHaveProperty('Authorization')
    token.set('t1')
    const { headers } = identify()
    expect(headers).toMatchObject({ Authorization: 'Bearer t1', 'Accept-Language': 'en' })
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

  it('is a trace of its own each time', () => {
    expect(identify().headers.traceparent).not.toBe(identify().headers.traceparent)
  })
})
