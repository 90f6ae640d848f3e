import { defineConfig } from '@playwright/test'
import type { Options } from './e2e/support/test'
import { CHROMIUM_ARGUMENTS, findChromium } from './e2e/support/chromium'

/** Browser tests of the built application, served by `musubi serve` itself. */
export default defineConfig<Options>({
  testDir: './e2e',
  // Of an installation that somebody started: playwright.gateway.config.ts.
  testIgnore: 'gateway/**',
  outputDir: './test-results/e2e',
  globalSetup: './e2e/support/requirements.ts',
  // Each worker has a server and a database of its own, so that no test waits for another one's.
  fullyParallel: true,
  workers: 2,
  forbidOnly: process.env.CI === 'true',
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    launchOptions: { executablePath: findChromium(), args: CHROMIUM_ARGUMENTS },
    locale: 'en-GB',
    timezoneId: 'Asia/Tokyo',
    colorScheme: 'light',
    viewport: { width: 1280, height: 800 },
    contextOptions: { reducedMotion: 'reduce' },
    // Recording costs every test a tenth; `--trace on` shows one that fails.
    trace: 'off',
    screenshot: 'only-on-failure',
  },
})
