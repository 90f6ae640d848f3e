import { crc32, deflateSync } from 'node:zlib'
import { expect, type Locator } from '@playwright/test'

type Colour = readonly [red: number, green: number, blue: number]

export const RED: Colour = [200, 40, 30]
export const BLUE: Colour = [40, 60, 190]

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)])
}

/** A picture as Playwright hands it to a file field: the left half of one colour, the right of another. */
export function halves(name: string, { left = RED, right = BLUE, width = 400, height = 200 } = {}) {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8) // 8 bits of each of red, green and blue.
  const row = [0, ...Array.from({ length: width }, (_, x) => (x < width / 2 ? left : right)).flat()]
  const rows = Buffer.from(Array.from({ length: height }, () => row).flat())
  const buffer = Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
  return { name, mimeType: 'image/png', buffer }
}

/** The colours of a picture that has loaded, at a quarter and at three quarters of its width. */
async function coloursOf(picture: Locator): Promise<number[][]> {
  return picture.evaluate((image: HTMLImageElement) => {
    if (!image.complete || image.naturalWidth === 0) return []
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 4
    const context = canvas.getContext('2d', { willReadFrequently: true })!
    context.drawImage(image, 0, 0, 4, 4)
    return [0, 3].map((x) => [...context.getImageData(x, 1, 1, 1).data.subarray(0, 3)])
  })
}

/** Waits until a picture is there and has these colours on its left and right, about. */
export async function expectColours(picture: Locator, left: Colour, right: Colour): Promise<void> {
  const rough = (colours: readonly (readonly number[])[]) =>
    colours.map((colour) => colour.map((part) => Math.round(part / 64)))
  await expect.poll(async () => rough(await coloursOf(picture))).toEqual(rough([left, right]))
}
