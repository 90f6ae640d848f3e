import { changeDatabase } from './support/database'
import { open } from './support/flows'
import { expect, test } from './support/test'

test.use({ visitor: 'superuser' })

test('the page says what the installation runs on, and keeps itself up to date', async ({
  page,
}) => {
  await page.clock.install()
  await open(page, '/admin/system', 'System')
  const main = page.getByRole('main')
  for (const words of ['SQLite', 'In the process', 'No mail server is set up']) {
    await expect(main).toContainText(words)
  }
  await expect(page.getByText('No job has failed')).toBeVisible()

  const asked = page.waitForRequest('**/api/v1/system')
  await page.clock.fastForward(10_000)
  await asked
  await expect(main.locator('.skeleton')).toHaveCount(0)

  await page.getByRole('tab', { name: 'Waiting' }).click()
  await expect(page).toHaveURL('/admin/system?jobs=waiting')
  await expect(page.getByText('No job is waiting', { exact: true })).toBeVisible()
  await page.getByRole('link', { name: 'Open the outbox' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Mail' })).toBeVisible()
})

const DEAD_JOB = `
INSERT INTO jobs (id, kind, payload, due_at, attempts, last_error, dead_at, created_at, locale)
VALUES (?, 'mail.send', '{"mail_id": 999999}', ?2, 3, '550 No such mailbox', ?2, ?2, 'en')
`

test('a job that failed is tried again, and another one given up', async ({ page, server }) => {
  for (const id of ['7001', '7002']) {
    await changeDatabase(server.database, DEAD_JOB, id, '2026-01-31 09:30:00.000000')
  }
  await open(page, '/admin/system', 'System')
  await expect(page.getByTestId('jobs-dead')).toHaveText('2Failed')
  await expect(page.getByTestId('job-7001')).toContainText('550 No such mailbox')

  await page.getByTestId('job-7001').getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('The job will be tried at once')).toBeVisible()
  await expect(page.getByTestId('job-7001')).toBeHidden()

  await page.getByTestId('job-7002').getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete the job mail.send?' })
  await dialog.getByRole('button', { name: 'Delete job' }).click()
  await expect(page.getByText('No job has failed')).toBeVisible()
  await expect(page.getByTestId('jobs-dead')).toHaveText('0Failed')

  await open(page, '/admin/audit?type=job', 'Audit log')
  await expect(page.getByTestId(/^entry-/u)).toContainText([
    'Deleted a failed job',
    'Tried a job again',
  ])
})
