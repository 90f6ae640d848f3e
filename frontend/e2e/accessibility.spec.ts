import { expectAccessible, expectFits, expectUniqueTestIds } from './support/accessibility'
import { test } from './support/test'
import { TOURS } from './support/stops'
import { dress, SIZES, visit, wear } from './support/tour'

/** Together both themes at both ends of the width; a page is loaded once for each language. */
const LOOKS = {
  en: [
    { theme: 'washi', size: 'phone' },
    { theme: 'sumi', size: 'desktop' },
  ],
  ja: [
    { theme: 'sumi', size: 'phone' },
    { theme: 'washi', size: 'desktop' },
  ],
} as const

for (const language of ['en', 'ja'] as const) {
  for (const { who, visitor, plan } of TOURS) {
    test.describe(() => {
      test.use({ visitor })

      test(`${who} finds every page accessible, ${language}`, async ({
        page,
        people,
        account,
        watch,
      }) => {
        test.slow()
        await dress(page, { theme: 'washi', language })
        for (const stop of await plan(people, account)) {
          watch.expect(...(stop.trouble ?? []))
          await page.setViewportSize(SIZES[LOOKS[language][0].size])
          await visit(page, stop)
          for (const { theme, size } of LOOKS[language]) {
            await test.step(`${stop.name}, ${theme}, ${size}`, async () => {
              await page.setViewportSize(SIZES[size])
              await wear(page, theme)
              await expectAccessible(page)
              await expectUniqueTestIds(page)
              await expectFits(page)
            })
          }
        }
      })
    })
  }
}
