import { setupServer } from 'msw/node'

/**
 * Answers the HTTP calls of tests; handlers are given per test by `server.use(...)`. A call that no
 * handler expects fails the test.
 */
export const server = setupServer()
