import type { Page } from '@playwright/test'
import type { ExportRead, ImportRead } from '../../src/api/generated/types.gen'
import { dialogOpen, fail, type Stop, testId } from './stop'

const DATA = '/settings/data'

const collection = (data: unknown[]) => ({
  data,
  meta: { total: data.length, page: 1, limit: 20, pages: 1, next_cursor: null },
})

const anExport: ExportRead = {
  name: '5f0c7d9e3f0a4d539d0c2f4f5b1c7a11',
  state: 'ready',
  progress: 100,
  size: 48_234_567,
  created_at: '2026-06-30T09:30:00Z',
  finished_at: '2026-06-30T09:31:00Z',
  expires_at: '2026-07-07T09:31:00Z',
}

const anImport: ImportRead = {
  id: 1,
  state: 'done',
  progress: 100,
  report: {
    items_taken: 1234,
    items_present: 5,
    files_taken: 56,
    files_present: 0,
    left_out_count: 3,
    left_out: [
      { filename: '写真.png', reason: 'no_room' },
      {
        filename: 'a-very-long-name-that-somebody-gave-to-a-file-without-any-space-in-it.docx',
        reason: 'refused',
      },
      { filename: 'notes.pdf', reason: 'not_attachable' },
    ],
  },
  created_at: '2026-06-30T09:30:00Z',
  finished_at: '2026-06-30T09:31:00Z',
}

/** A page with these archives, the newest first. */
const having =
  (exported: Partial<ExportRead> | null, imported: Partial<ImportRead> | null) =>
  async (page: Page) => {
    for (const [path, data] of [
      ['exports', exported && [{ ...anExport, ...exported }]],
      ['imports', imported && [{ ...anImport, ...imported }]],
    ] as const) {
      await page.route(`**/api/v1/${path}`, (route) =>
        route.request().method() === 'GET'
          ? route.fulfill({ json: collection(data ?? []) })
          : route.fallback(),
      )
    }
  }

/** What one's own data looks like, and leaving. */
export const DATA_STOPS: Stop[] = [
  { name: 'data', path: DATA, ready: testId('ask-for-export') },
  {
    name: 'data-under-way',
    path: DATA,
    arrange: having(
      { state: 'preparing', progress: 42, size: null, expires_at: null },
      { state: 'importing', progress: 7, report: null },
    ),
    ready: testId('import-importing'),
  },
  {
    name: 'data-ready',
    path: DATA,
    arrange: having({}, {}),
    ready: testId('import-done'),
  },
  {
    name: 'data-not-made',
    path: DATA,
    arrange: having({ state: 'failed' }, { state: 'failed', report: null }),
    ready: testId('import-failed'),
  },
  {
    name: 'data-expired',
    path: DATA,
    arrange: having({ state: 'expired', expires_at: null }, null),
    ready: testId('export-expired'),
  },
  {
    name: 'data-refused',
    path: DATA,
    act: (page) =>
      page.getByTestId('archive-input').setInputFiles({
        name: 'holiday.zip',
        mimeType: 'application/zip',
        buffer: Buffer.from('no archive'),
      }),
    ready: (page) => page.getByRole('main').getByRole('alert').filter({ hasText: /\S/u }).waitFor(),
    trouble: ['422 POST /api/v1/imports'],
  },
  {
    name: 'data-failed',
    path: DATA,
    arrange: async (page) => {
      await fail('**/api/v1/exports')(page)
      await fail('**/api/v1/imports')(page)
    },
    ready: testId('error-notification'),
    trouble: ['500 GET /api/v1/exports', '500 GET /api/v1/imports'],
  },
  {
    name: 'data-delete-account',
    path: DATA,
    act: async (page) => {
      await page.getByTestId('delete-account').click()
      await page.getByTestId('confirm-username').fill('somebody-else')
      await page.getByTestId('confirm-username').press('Enter')
    },
    ready: dialogOpen,
  },
]
