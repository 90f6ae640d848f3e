import { open } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'superuser' })

test('what was mailed to someone is found, and read as text and as HTML', async ({
  page,
  people,
}) => {
  await people.register('hanako')
  await people.register('taro')
  await open(page, '/admin/mail', 'Mail')
  await page.getByTestId('mail-search').fill('hanako')
  await expect(page).toHaveURL('/admin/mail?search=hanako')
  const mails = page.getByTestId(/^mail-\d+$/u)
  await expect(mails).toHaveCount(1)
  await expect(mails.first()).toContainText('Kept here')
  await mails.first().getByRole('link', { name: 'Confirm your e-mail address' }).click()

  await expect(page.getByRole('main')).toContainText('hanako@example.org')
  await expect(page.getByTestId('mail-text')).toContainText(/\/verify-email#token=\S+/u)
  await page.getByRole('tab', { name: 'Text' }).press('ArrowRight')
  const letter = page.frameLocator('main iframe')
  const button = letter.getByText('Confirm the address', { exact: true })
  await expect(button).toBeVisible()
  // It looks as the recipient sees it, though the page allows no style in markup, and leads nowhere.
  await expect(button).toHaveCSS('color', 'rgb(255, 255, 255)')
  await expect(button).not.toHaveAttribute('href')

  await page.getByRole('link', { name: 'All mail' }).click()
  await expect(page).toHaveURL('/admin/mail?search=hanako')
  await page.getByTestId('mail-state').selectOption('Failed')
  await expect(page.getByText('No mails found')).toBeVisible()

  await open(page, '/admin/audit?action=mail.read', 'Audit log')
  await expect(page.getByTestId(/^entry-/u)).toHaveCount(1)
})

test('a mail to a superuser is for superusers only', async ({
  page,
  me,
  people,
  openBrowser,
  watch,
}) => {
  const saburo = await people.register('saburo')
  await me.updateUser(saburo.id, { role: 'admin' })
  const theirs = await (await openBrowser(saburo)).newPage()
  await open(theirs, '/admin/mail?search=ichiro', 'Mail')
  const mail = theirs.getByTestId(/^mail-\d+$/u).last()
  await expect(mail.getByLabel('Only superusers may read this mail')).toBeVisible()
  watch.expect(/^403 GET \/api\/v1\/mail\/\d+$/u)
  await mail.getByRole('link').click()
  await expect(theirs.getByText('It went to a superuser.')).toBeVisible()
  await expect(theirs.getByTestId('mail-text')).toBeHidden()

  await open(page, '/admin/mail?search=ichiro', 'Mail')
  await page
    .getByTestId(/^mail-\d+$/u)
    .last()
    .getByRole('link')
    .click()
  await expect(page.getByTestId('mail-text')).toContainText('ichiro')
})
