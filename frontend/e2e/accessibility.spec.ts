import { expectAccessible, expectFits, expectUniqueTestIds } from './support/accessibility'
import { test } from './support/test'
import { TOURS } from './support/stops'
import { dress, SIZES, visit, wear } from './support/tour'

/** Both themes, both ends of the width: how wide a page is changes no colour, so one look a language will do. */
const LOOKS = {
  en: { theme: 'washi', size: 'phone' },
  ja: { theme: 'sumi', size: 'desktop' },
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
          const { theme, size } = LOOKS[language]
          await page.setViewportSize(SIZES[size])
          await visit(page, stop)
          await test.step(stop.name, async () => {
            await wear(page, theme)
            await expectAccessible(page)
            for (const width of Object.values(SIZES)) {
              await page.setViewportSize(width)
              await expectUniqueTestIds(page)
              await expectFits(page)
            }
          })
        }
      })
    })
  }
}
