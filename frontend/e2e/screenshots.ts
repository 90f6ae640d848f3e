import { fileURLToPath } from 'node:url'
import { test } from './support/test'
import { TOURS } from './support/stops'
import { dress, SIZES, visit } from './support/tour'

const FOLDER = fileURLToPath(new URL('../test-results/screenshots/', import.meta.url))

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const theme of ['washi', 'sumi'] as const) {
    for (const language of ['en', 'ja'] as const) {
      for (const { who, visitor, plan } of TOURS) {
        test.describe(() => {
          test.use({
            visitor,
            viewport,
            isMobile: size !== 'desktop',
            hasTouch: size !== 'desktop',
          })

          test(`${who}, ${size}, ${theme}, ${language}`, async ({
            page,
            people,
            account,
            watch,
          }) => {
            test.slow()
            await dress(page, { theme, language })
            for (const stop of await plan(people, account)) {
              watch.expect(...(stop.trouble ?? []))
              await visit(page, stop)
              await page.screenshot({
                path: `${FOLDER}${stop.name}-${size}-${theme}-${language}.png`,
                // A dialog belongs to what can be seen at once.
                fullPage: (await page.getByRole('dialog').count()) === 0,
              })
            }
          })
        })
      }
    }
  }
}
