import type { CDPSession } from '@playwright/test'
import { open, tabTo } from './support/flows'
import { compose } from './support/input-method'
import { composer, inRoom, isSent, message, messages, openRoom } from './support/rooms'
import { expect, test } from './support/test'

test.use({ visitor: 'member' })

test('a room is made, and talked in, without a mouse', async ({ page }) => {
  await open(page, '/rooms', 'Rooms')
  await tabTo(page, 'create-room')
  await page.keyboard.press('Enter')
  await tabTo(page, 'room-name')
  await page.keyboard.type('paper')
  await page.keyboard.press('Enter')
  await inRoom(page, 'paper')

  await tabTo(page, 'message-text')
  await page.keyboard.type('At tne')
  await page.keyboard.press('Enter')
  await isSent(message(page, 'At tne'))
  await page.keyboard.press('ArrowUp')
  await expect(page.getByTestId('edit-message')).toBeFocused()
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Backspace')
  await page.keyboard.type('en')
  await page.keyboard.press('Enter')
  await expect(messages(page)).toHaveText(/At ten\s*\(edited\)/u)
  await expect(composer(page)).toBeFocused()
  await page.keyboard.type('sharp')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('please')
  await page.keyboard.press('Enter')
  await isSent(message(page, 'sharp'))
  await expect(messages(page)).toHaveCount(2)

  await page.keyboard.press('Shift+Tab')
  await expect(message(page, 'sharp')).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await expect(message(page, 'At ten')).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Add a reaction' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Thumbs up' })).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: '❤️ 1, from You' })).toBeVisible()
  await expect(message(page, 'At ten')).toBeFocused()

  for (const name of ['❤️ 1, from You', 'Add a reaction', 'Edit', 'Delete']) {
    await page.keyboard.press('Tab')
    await expect(page.getByRole('button', { name, exact: true })).toBeFocused()
  }
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Delete this message?' })
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(messages(page).first()).toContainText('This message was deleted.')
  await expect(messages(page).first()).toBeFocused()
})

test.describe('while Japanese is composed', () => {
  test.use({ locale: 'ja-JP' })

  /** Enter as an input method lets it through: a key that goes down and comes up, and writes nothing. */
  async function pressEnter(session: CDPSession, key: string, keyCode: number): Promise<void> {
    const enter = { key, code: 'Enter', windowsVirtualKeyCode: keyCode }
    await session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter })
    await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter })
  }

  test('Enter takes over the word, and the next one sends it', async ({ page, context, me }) => {
    await me.createRoom({ name: 'paper' })
    await openRoom(page, 'paper')
    const session = await context.newCDPSession(page)
    await composer(page).focus()
    await compose(session, ['わ', 'わし', 'わしが', '和紙が'])
    await pressEnter(session, 'Process', 229)
    await pressEnter(session, 'Enter', 13)
    await session.send('Input.insertText', { text: '和紙が' })
    // Safari ends the composition before it tells of the key that did.
    await pressEnter(session, 'Enter', 229)
    await expect(composer(page)).toHaveValue('和紙が')
    await compose(session, ['t', 'と', 'とd', 'とど', 'とどk', 'とどい', 'とどいた'], '届いた')
    await expect(composer(page)).toHaveValue('和紙が届いた')
    await expect(messages(page)).toHaveCount(0)
    await page.keyboard.press('Enter')
    await expect(messages(page)).toContainText(['和紙が届いた'])
    await expect(composer(page)).toHaveValue('')
    await isSent(message(page, '和紙が届いた'))
  })
})
