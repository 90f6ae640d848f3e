import { describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { AppError } from '@/api'
import { useErrorStore } from '@/shared/stores/errors'
import { mountWithApp } from '@/testing/mount'
import { useErrorText } from './useErrorText'

async function textIn(language: 'en' | 'ja') {
  let found!: ReturnType<typeof useErrorText>
  const component = defineComponent(() => {
    found = useErrorText()
    return () => null
  })
  const { pinia } = await mountWithApp(component, { language })
  return { text: found, errors: useErrorStore(pinia) }
}

const tooMany = new AppError({
  code: 'RATE_LIMITED',
  status: 429,
  message: 'Too many requests; try again later',
  retryAfter: 720,
})

describe('the text of a failure', () => {
  it.each([
    ['en', 'Too many attempts. Try again in 12 minutes.'],
    ['ja', '試行回数が多すぎます。12 分後にもう一度お試しください。'],
  ] as const)('says when to try again, %s', async (language, expected) => {
    const { text, errors } = await textIn(language)
    expect(text(tooMany)).toBe(expected)
    errors.handleApiError(tooMany)
    expect(text(errors.globalError!)).toBe(expected)
  })

  it("is the server's own where it doesn't say when", async () => {
    const { text } = await textIn('en')
    expect(text({ code: 'RATE_LIMITED', message: 'Slow down' })).toBe('Slow down')
    expect(text({ code: 'CONFLICT', message: 'That name is taken' })).toBe('That name is taken')
  })

  it('is translated where the browser made it', async () => {
    const { text } = await textIn('ja')
    expect(text(new AppError({ code: 'NETWORK_ERROR' }))).toMatch(/^ネットワークエラー/u)
  })
})
