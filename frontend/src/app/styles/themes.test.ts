import { describe, expect, it } from 'vitest'
import css from './themes.css?raw'

/*
 * WCAG 2.2 AA: 4.5:1 for text, 3:1 for the edges of controls and the focus ring (1.4.3, 1.4.11).
 */
const TEXT = 4.5
const EDGE = 3
const GROUNDS = ['base-100', 'base-200', 'base-300'] as const
const TONES = [
  'primary',
  'secondary',
  'accent',
  'neutral',
  'info',
  'success',
  'warning',
  'error',
] as const
type Rgb = readonly [number, number, number]

function parse(hex: string): Rgb {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as unknown as Rgb
}

const linear = (channel: number) =>
  channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
const encoded = (channel: number) =>
  channel <= 0.0031308 ? channel * 12.92 : 1.055 * channel ** (1 / 2.4) - 0.055

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map(linear) as unknown as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [
    number,
    number,
  ]
  return (light + 0.05) / (dark + 0.05)
}

function toOklab(rgb: Rgb): Rgb {
  const [r, g, b] = rgb.map(linear) as unknown as Rgb
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function fromOklab([L, a, b]: Rgb): Rgb {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((channel) => encoded(Math.min(1, Math.max(0, channel)))) as unknown as Rgb
}

/** `color-mix(in oklab, one share, other)`, as DaisyUI makes its soft grounds and hover shades. */
function mix(one: Rgb, share: number, other: Rgb): Rgb {
  const [a, b] = [toOklab(one), toOklab(other)]
  return fromOklab(a.map((value, n) => value * share + b[n]! * (1 - share)) as unknown as Rgb)
}

const themes = [...css.matchAll(/@plugin 'daisyui\/theme' \{(.*?)\n\}/gsu)].map(([, block]) => {
  const name = /name: '(\w+)'/u.exec(block!)?.[1] ?? ''
  const tokens = new Map(
    [...block!.matchAll(/--color-([\w-]+): (#[0-9a-f]{6});/gu)].map(([, token, hex]) => [
      token!,
      parse(hex!),
    ]),
  )
  return { name, color: (token: string) => tokens.get(token)! }
})

it('has a light and a dark theme', () => {
  expect(themes.map(({ name }) => name)).toEqual(['washi', 'sumi'])
})

describe.each(themes)('$name', ({ color }) => {
  it.each(TONES)('%s carries its content, also while pressed', (tone) => {
    const content = color(`${tone}-content`)
    expect(contrast(color(tone), content)).toBeGreaterThanOrEqual(TEXT)
    // Hover and press: `color-mix(in oklab, tone 90%, #000)` and 95 %.
    for (const share of [0.9, 0.95]) {
      expect(contrast(mix(color(tone), share, [0, 0, 0]), content)).toBeGreaterThanOrEqual(TEXT)
    }
  })

  it.each(GROUNDS)('text is readable on %s', (ground) => {
    expect(contrast(color('base-content'), color(ground))).toBeGreaterThanOrEqual(TEXT)
    expect(contrast(color('muted'), color(ground))).toBeGreaterThanOrEqual(TEXT)
  })

  // `neutral` is a ground only: as text it would be the colour of the page.
  it.each(TONES.filter((tone) => tone !== 'neutral'))(
    '%s is readable as text and in soft variants',
    (tone) => {
      for (const ground of GROUNDS.slice(0, 2)) {
        expect(contrast(color(tone), color(ground))).toBeGreaterThanOrEqual(TEXT)
      }
      for (const share of [0.08, 0.1]) {
        expect(
          contrast(color(tone), mix(color(tone), share, color('base-100'))),
        ).toBeGreaterThanOrEqual(TEXT)
      }
    },
  )

  it.each(GROUNDS)('edges and the focus ring stand out from %s', (ground) => {
    expect(contrast(color('edge'), color(ground))).toBeGreaterThanOrEqual(EDGE)
    expect(contrast(color('primary'), color(ground))).toBeGreaterThanOrEqual(EDGE)
    expect(contrast(color('error'), color(ground))).toBeGreaterThanOrEqual(EDGE)
  })
})
