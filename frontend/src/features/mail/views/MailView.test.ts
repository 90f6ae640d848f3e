import { describe, expect, it } from 'vitest'
import type { MailDetail, MailRead } from '@/api/generated/types.gen'
import { collectionOf, eventually, problem, serve } from '@/testing/api'
import { openFeature } from '@/testing/pages'
import { mail } from '../routes'

import.meta.glob('./*.vue', { eager: true })

const OPERATOR = { permissions: ['system:read' as const] }

function aMail(changes: Partial<MailRead> = {}): MailRead {
  return {
    id: 7,
    to: 'hanako@example.org',
    subject: 'Confirm your e-mail address',
    template: 'verify_email',
    locale: 'en',
    state: 'kept',
    protected: false,
    created_at: '2026-01-31T09:30:00Z',
    sent_at: null,
    error: null,
    ...changes,
  }
}

function opened(changes: Partial<MailDetail> = {}): MailDetail {
  return { ...aMail(), text: 'Hello hanako', html: '<p style="color: red">Hello</p>', ...changes }
}

async function open(at: string, answers: Parameters<typeof serve>[0]) {
  const requests = serve(answers)
  return { ...(await openFeature(mail, at, { user: OPERATOR })), requests }
}

describe('the outbox', () => {
  it('asks for what the address says', async () => {
    const { requests, byTestId } = await open('/admin/mail?search=hana&state=failed&page=2', {
      'GET /mail': collectionOf([aMail()], { total: 21, pages: 2, page: 2 }),
    })
    await eventually(() => byTestId('mail-7'))
    const query = { search: 'hana', state: 'failed', skip: '20', limit: '20' }
    expect(requests[0]?.query).toEqual(query)
  })

  it('shows to whom, what, how far and why not', async () => {
    const error = '550 No such mailbox'
    const { byTestId } = await open('/admin/mail', {
      'GET /mail': collectionOf([aMail({ state: 'failed', error, protected: true })]),
    })
    const row = await eventually(() => byTestId('mail-7'))
    expect(row.get('a').attributes('href')).toBe('/admin/mail/7')
    for (const words of ['Confirm your e-mail address', 'To hanako@example.org', 'Failed', error]) {
      expect(row.text()).toContain(words)
    }
    expect(row.find('[aria-label="Only superusers may read this mail"]').exists()).toBe(true)
  })

  it('writes filters into the address, and drops them where nothing matches', async () => {
    const { button, byTestId, router, wrapper } = await open('/admin/mail', {
      'GET /mail': ({ query }) => collectionOf(query.state ? [] : [aMail()]),
    })
    await eventually(() => byTestId('mail-7'))
    await byTestId('mail-state').setValue('sent')
    await eventually(() => expect(wrapper.text()).toContain('No mails found'))
    expect(router.currentRoute.value.fullPath).toBe('/admin/mail?state=sent')
    await button('Show all mail').trigger('click')
    await eventually(() => byTestId('mail-7'))
  })

  it('says that nothing has been written yet', async () => {
    const { wrapper } = await open('/admin/mail', { 'GET /mail': collectionOf([], { pages: 0 }) })
    await eventually(() => expect(wrapper.text()).toContain('No mail has been written yet'))
  })
})

describe('a mail', () => {
  it('is read as text first, and as HTML in a frame in which nothing can act', async () => {
    const { byTestId, wrapper } = await open('/admin/mail/7', { 'GET /mail/7': opened() })
    const text = await eventually(() => byTestId('mail-text').text())
    expect(text).toBe('Hello hanako')
    expect(wrapper.find('iframe').exists()).toBe(false)

    await wrapper.findAll('[role="tab"]')[1]!.trigger('click')
    const frame = wrapper.get('iframe')
    expect(frame.attributes('sandbox')).toBe('allow-same-origin')
    expect(frame.attributes('title')).toBe('Confirm your e-mail address')
    expect(frame.attributes('srcdoc')).toContain('data-style="color: red"')
  })

  it('is asked for once, because each reading is logged', async () => {
    const { byTestId, requests } = await open('/admin/mail/7', { 'GET /mail/7': opened() })
    await eventually(() => byTestId('mail-text'))
    window.dispatchEvent(new Event('focus'))
    document.dispatchEvent(new Event('visibilitychange'))
    window.dispatchEvent(new Event('online'))
    await eventually(() => byTestId('mail-text'))
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['sent', 'It was deleted here when the mail was sent'],
    ['queued', 'The mail is on its way'],
    ['failed', 'It is sealed until the mail is sent'],
  ] as const)('that is %s says why its content is not here', async (state, reason) => {
    const { has, wrapper } = await open('/admin/mail/7', {
      'GET /mail/7': opened({ state, text: null, html: null }),
    })
    await eventually(() => expect(wrapper.text()).toContain(reason))
    expect(has('mail-text')).toBe(false)
  })

  it('to a superuser says that it is for superusers', async () => {
    const { wrapper } = await open('/admin/mail/7', {
      'GET /mail/7': problem(403, 'Only a superuser may read mail to a superuser'),
    })
    await eventually(() => expect(wrapper.text()).toContain('Only superusers may read this mail'))
    expect(wrapper.text()).toContain('could open that account')
  })

  it('that is not there says so', async () => {
    const { wrapper } = await open('/admin/mail/8', { 'GET /mail/8': problem(404, 'Not found') })
    await eventually(() => expect(wrapper.text()).toContain('Not found'))
  })
})
