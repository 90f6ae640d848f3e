import { expect, type Locator, type Page } from '@playwright/test'

/** Goes to a room and is ready when what is said there comes in by itself. */
export async function openRoom(page: Page, room: string): Promise<void> {
  await page.goto(`/rooms/${room}`)
  await inRoom(page, room)
}

/** Waits until a room is open, and hears. */
export async function inRoom(page: Page, room: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: room })).toBeVisible()
  // One is counted among those who are here as soon as the connection hears the room.
  await expect(page.getByTestId('room-people')).toHaveAccessibleName(/^[1-9]/u)
}

/** The messages on the screen, those included that are on their way. */
export const messages = (page: Page): Locator => page.locator('ol > li[data-key]')

export const message = (page: Page, text: string): Locator =>
  messages(page).filter({ hasText: text })

export const composer = (page: Page): Locator => page.getByTestId('message-text')

/** Writes a message as one does, and sends it. */
export async function write(page: Page, text: string): Promise<void> {
  await composer(page).fill(text)
  await composer(page).press('Enter')
  await expect(composer(page)).toHaveValue('')
}

/** Presses one of the buttons of a message, which come when one points at it. */
export async function act(page: Page, text: string, action: string): Promise<void> {
  const row = message(page, text)
  await row.hover()
  await row.getByRole('button', { name: action }).click()
}

/** A message is there once it has a number. */
export const isSent = (row: Locator, patience?: { timeout: number }): Promise<void> =>
  expect(row).toHaveAttribute('data-testid', /^message-\d+$/u, patience)
