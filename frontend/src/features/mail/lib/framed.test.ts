import { describe, expect, it } from 'vitest'
import { dress, framed } from './framed'

const parse = (html: string) => new DOMParser().parseFromString(html, 'text/html')

describe('framed', () => {
  it('keeps what the mail says, and nothing that acts', () => {
    const mail = parse(
      framed(
        '<html lang="ja"><head><style>p{}</style><meta http-equiv="refresh" content="0"></head>' +
          '<body><script>alert(1)</script><p>こんにちは</p><form><input></form>' +
          '<a href="https://example.org/#token=1">確認</a><object data="/"></object></body></html>',
      ),
    )
    expect(mail.documentElement.lang).toBe('ja')
    expect(mail.body.textContent).toBe('こんにちは確認')
    expect(mail.querySelectorAll('script, style, meta, form, object, [href]')).toHaveLength(0)
  })

  it('puts styles aside, and dress sets them again', () => {
    const html = framed('<body style="color: red"><p style="margin: 0">x</p></body>')
    expect(parse(html).querySelectorAll('[style]')).toHaveLength(0)
    const mail = parse(html)
    dress(mail)
    expect(mail.body.style.color).toBe('red')
    expect(mail.querySelector('p')?.style.margin).toMatch(/^0/u)
  })
})
