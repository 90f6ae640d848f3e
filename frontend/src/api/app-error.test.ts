import axios, { AxiosError, AxiosHeaders, type AxiosResponse } from 'axios'
import { describe, expect, it } from 'vitest'
import { AppError, toAppError } from './app-error'

function failure(status: number, data: unknown, headers: Record<string, string> = {}): AxiosError {
  const config = { headers: new AxiosHeaders() }
  const response: AxiosResponse = { status, data, headers, statusText: '', config }
  return new AxiosError('failed', undefined, config, undefined, response)
}

const envelope = (code: string, message: string, details: object = {}) => ({
  error: { id: 'e1', code, message, details, timestamp: '2026-01-01T00:00:00Z' },
})

describe('toAppError', () => {
  it('reads the envelope, the field errors and the request id', () => {
    const body = envelope('VALIDATION_ERROR', 'Check it', {
      fields: { title: 'Too long', 'tags.0': 'Too short' },
    })
    expect(toAppError(failure(422, body, { 'x-request-id': 'r1' }))).toMatchObject({
      code: 'VALIDATION_ERROR',
      status: 422,
      message: 'Check it',
      fieldErrors: { title: 'Too long', 'tags.0': 'Too short' },
      requestId: 'r1',
    })
  })

  it.each([
    ['720', 720],
    ['Wed, 21 Oct 2026 07:28:00 GMT', null],
    ['', null],
  ])('reads when to try again: %j', (header, seconds) => {
    const body = envelope('RATE_LIMITED', 'Too many requests')
    expect(toAppError(failure(429, body, { 'retry-after': header })).retryAfter).toBe(seconds)
    expect(toAppError(failure(429, body)).retryAfter).toBeNull()
  })

  it('says that the server is unavailable from 500 on, whatever it wrote', () => {
    const error = toAppError(failure(503, envelope('SERVICE_UNAVAILABLE', 'database')))
    expect(error.code).toBe('SERVER_ERROR')
    expect(error.message).toBe('Server is temporarily unavailable. Please try again later.')
    expect(error.status).toBe(503)
  })

  it('says that the connection failed when no reply came', () => {
    const error = toAppError(new AxiosError('Network Error', 'ERR_NETWORK'))
    expect(error.code).toBe('NETWORK_ERROR')
    expect(error.message).toBe('Network Error - Please check your connection')
    expect(error.status).toBe(0)
  })

  it.each([
    ['a page of a proxy', '<html>Blocked</html>'],
    ['an envelope without a code', { error: { message: 'x' } }],
    ['nothing', undefined],
    ['a list', [1]],
  ])('makes CLIENT_ERROR of a 4xx with %s', (_name, body) => {
    expect(toAppError(failure(403, body))).toMatchObject({ code: 'CLIENT_ERROR', status: 403 })
  })

  it('ignores field errors that are no texts', () => {
    const body = envelope('VALIDATION_ERROR', 'm', { fields: { a: 1, b: 'bad' } })
    expect(toAppError(failure(422, body)).fieldErrors).toEqual({ b: 'bad' })
  })

  it('marks a cancelled request', () => {
    expect(toAppError(new axios.CanceledError()).code).toBe('CANCELLED')
  })

  it('keeps an AppError and what caused another one', () => {
    const error = new AppError({ code: 'NOT_FOUND' })
    expect(toAppError(error)).toBe(error)
    const cause = new TypeError('bug')
    expect(toAppError(cause)).toMatchObject({ code: 'CLIENT_ERROR', cause })
  })
})
