import { http, HttpResponse } from 'msw'
import { expect, it, vi } from 'vitest'
import { session } from '@/api'
import { token } from '@/api/instance'
import { server } from '@/testing/server'
import { createAdmission } from './admission'

function serveTickets() {
  let count = 0
  server.use(
    http.post('*/api/v1/ws/ticket', () => {
      count += 1
      return HttpResponse.json({ ticket: `a b${count}`, expires_in: 30 })
    }),
  )
}

it('gives the address of the socket, with a ticket of its own each time', async () => {
  serveTickets()
  const { address, ticket } = createAdmission()
  expect(await address()).toBe(`${location.origin.replace('http', 'ws')}/api/v1/ws?token=a+b1`)
  expect(new URL(await address()).searchParams.get('token')).toBe('a b2')
  expect(await ticket()).toBe('a b3')
})

it('renews the session only if its token is still the one that the last ticket was of', async () => {
  serveTickets()
  const refresh = vi.spyOn(session, 'refresh').mockImplementation(() => {
    token.set('t2')
    return Promise.resolve('t2')
  })
  token.set('t1')
  const { ticket, renew } = createAdmission()
  await ticket()
  await renew()
  expect(refresh.mock.calls).toEqual([['t1']])
  await renew()
  expect(refresh).toHaveBeenCalledOnce()
  token.set(null)
})

it('fails like every request', async () => {
  const busy = { error: { code: 'RATE_LIMITED', message: 'Slow', details: {} } }
  server.use(http.post('*/api/v1/ws/ticket', () => HttpResponse.json(busy, { status: 429 })))
  await expect(createAdmission().address()).rejects.toMatchObject({ code: 'RATE_LIMITED' })
})
