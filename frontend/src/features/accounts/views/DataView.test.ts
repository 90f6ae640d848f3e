import { HttpResponse } from 'msw'
import { describe, expect, it } from 'vitest'
import { eventually, openPage, problem, serve, someFactors, wantsProof } from '../testing'

const ANSWERS = {
  'GET /auth/two-factor': () => someFactors(),
  'POST /auth/logout': { success: true },
}

async function openDialog() {
  const page = await openPage('/settings/data', { user: { username: 'hanako' } })
  await page.byTestId('delete-account').trigger('click')
  const dialog = () => page.wrapper.findAll('dialog[open]').at(-1)!
  return {
    ...page,
    dialog,
    type: (text: string) => page.byTestId('confirm-username').setValue(text),
    confirm: () =>
      dialog()
        .findAll('button')
        .find((button) => button.text() === 'Delete for good')!
        .trigger('click'),
  }
}

describe('deleting the own account', () => {
  it('says what that means, and wants the name typed', async () => {
    const requests = serve({ ...ANSWERS, 'DELETE /users/me': problem(500, 'never') })
    const { confirm, dialog, type } = await openDialog()
    expect(dialog().text()).toContain('Your items, published ones too')
    expect(dialog().text()).toContain('without your name')
    await type('taro')
    await confirm()
    await eventually(() => expect(dialog().text()).toContain('This is not your username.'))
    expect(requests.some(({ method }) => method === 'DELETE')).toBe(false)
  })

  it('asks for a proof, deletes, and says goodbye', async () => {
    let isProved = false
    const requests = serve({
      ...ANSWERS,
      'DELETE /users/me': () =>
        isProved ? new HttpResponse(null, { status: 204 }) : wantsProof('password'),
      'POST /auth/reauthenticate': () => {
        isProved = true
        return { success: true }
      },
    })
    const { byTestId, confirm, dialog, fill, notices, type } = await openDialog()
    await type('hanako')
    await confirm()
    await eventually(() => expect(dialog().text()).toContain("confirm that it's you"))
    await fill({ 'proof-password': 'Kumiko-zaiku-52' })
    byTestId('proof-password').element.closest('form')!.requestSubmit()
    await eventually(() =>
      expect(notices.notices.map(({ message }) => message)).toEqual([
        'Your account was deleted. Thank you for having been here.',
      ]),
    )
    expect(requests.filter(({ method }) => method === 'DELETE')).toHaveLength(2)
  })

  it('tells why it can not be', async () => {
    serve({
      ...ANSWERS,
      'DELETE /users/me': problem(409, 'There must be at least one active superuser'),
    })
    const { confirm, dialog, type } = await openDialog()
    await type('hanako')
    await confirm()
    await eventually(() => expect(dialog().text()).toContain('at least one active superuser'))
  })
})
