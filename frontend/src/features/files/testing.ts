import { files } from './routes'
import { LIMITS } from '@/shared/files/testing'
import { collectionOf, serve } from '@/testing/api'
import { openFeature } from '@/testing/pages'

export { eventually, type Seen } from '@/testing/api'
export { aFile, LIMITS, MIB } from '@/shared/files/testing'

// Loaded ahead of the tests: their time limit is not for compiling the pages that the routes name.
import.meta.glob('./views/*.vue', { eager: true })

/** Answers the API; there are no files unless the answers say so. */
export function serveFiles(answers: Parameters<typeof serve>[0] = {}) {
  return serve({ 'GET /upload/limits': LIMITS, 'GET /upload/files': collectionOf([]), ...answers })
}

/** The page at an address, for someone who is signed in. */
export const openPage = (at = '/files', options: Parameters<typeof openFeature>[2] = {}) =>
  openFeature(files, at, options)
