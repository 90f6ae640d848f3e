import type { ItemRead } from '../../src/api/generated/types.gen'
import type { People, Person } from './people'

/** What a tour of the pages finds in the database. */
export interface Sample {
  hanako: Person
  item: ItemRead
  /** Someone else's, with every field at its longest. */
  longItem: ItemRead
}

const TITLES = [
  ['和紙の見積もりを確認する', 'published', ['和紙', '見積もり']],
  ['Write the workshop invitation', 'draft', ['workshop']],
  ['組子の図面を更新', 'published', ['図面', '組子', '急ぎ']],
  ['Order cypress boards', 'archived', []],
  [
    '春の展示会の準備：会場、案内状、搬入の手配',
    'draft',
    ['展示会', '春', 'event', 'press', '会場'],
  ],
  ['Check the humidity log', 'published', ['記録']],
] as const

export const LONG_TITLE =
  'とても長いタイトル'.repeat(10) + ' and a word without any break: ' + 'x'.repeat(60)

const LONG = {
  title: LONG_TITLE,
  description: [
    'This text has a link, https://example.org/a/very/long/path/that/does/not/break?and=a-query, and more.',
    '',
    '日本語の長い文章です。折り返しは句読点の前後で正しく行われ、画面の幅を超えることはありません。'.repeat(
      4,
    ),
  ].join('\n'),
  tags: Array.from({ length: 10 }, (_, n) => `長いタグ-number-${n}-${'あ'.repeat(20)}`),
  status: 'published' as const,
}

/** Fills the database with what a small team might have written. */
export async function seed(people: People, me: Person): Promise<Sample> {
  const hanako = await people.register('hanako_yamada')
  const longItem = await hanako.createItem(LONG)
  let item = longItem
  for (const [title, status, tags] of TITLES) {
    item = await me.createItem({
      title,
      status,
      tags: [...tags],
      description: '職人さんに電話して、納期と数量を確かめる。\nAsk for a sample first.',
    })
  }
  await hanako.createItem({ title: '共有メモ：連絡先一覧', status: 'published', tags: ['連絡先'] })
  for (let n = 1; n <= 16; n += 1) {
    await me.createItem({ title: `作業記録 ${n}`, status: n % 3 ? 'published' : 'draft' })
  }
  return { hanako, item, longItem }
}
