import { defineConfig } from '@playwright/test'
import config from './playwright.config'

/**
 * The browser workflow on an installation that runs already, such as one behind the gateway or one of containers:
 *
 *     GATEWAY_URL=https://localhost:8443 npm run e2e:gateway
 *
 * It makes accounts, an item, a room and a file there. Its certificate may be of an authority that nobody knows.
 */
export default defineConfig({
  ...config,
  testDir: './e2e/gateway',
  testIgnore: [],
  outputDir: './test-results/gateway',
  // The installation brings its own build.
  globalSetup: './e2e/gateway/requirements.ts',
  use: { ...config.use, baseURL: process.env.GATEWAY_URL, ignoreHTTPSErrors: true },
})
