import { defineConfig } from '@playwright/test'
import config from './playwright.config'

/** Takes pictures of every page: `npm run screenshots`. They lie in test-results/screenshots. */
export default defineConfig(config, {
  testMatch: 'screenshots.ts',
  outputDir: './test-results/screenshots-run',
  use: { trace: 'off', screenshot: 'off' },
})
