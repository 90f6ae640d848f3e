import { expectAccessible, expectFits, expectUniqueTestIds } from './support/accessibility'
import { test } from './support/test'
import { TOURS } from './support/stops'
import { dress, SIZES, visit, wear } from './support/tour'
import { speak } from './support/walk'

/**
 * Both languages at both ends of the width, and both themes: how wide a page is changes no colour, so
 * axe looks once a language.
 */
const LOOKS = [
  { language: 'en', theme: 'washi', size: 'phone' },
  { language: 'ja', theme: 'sumi', size: 'desktop' },
] as const

for (const { who, visitor, plan } of TOURS) {
  test.describe(() => {
    test.use({ visitor })

    test(`${who} finds every page accessible`, async ({ page, people, account, watch }) => {
      test.slow()
      await dress(page, { theme: 'washi', language: 'en' })
      for (const stop of await plan(people, account)) {
        watch.expect(...(stop.trouble ?? []))
        await page.setViewportSize(SIZES.phone)
        await visit(page, stop)
        for (const { language, theme, size } of LOOKS) {
          await test.step(`${stop.name}, ${language}`, async () => {
            await speak(page, language)
            await wear(page, theme)
            await page.setViewportSize(SIZES[size])
            await stop.ready(page)
            await expectAccessible(page)
            for (const width of Object.values(SIZES)) {
              await page.setViewportSize(width)
              await expectUniqueTestIds(page)
              await expectFits(page)
            }
          })
        }
        await speak(page, 'en')
      }
    })
  })
}
