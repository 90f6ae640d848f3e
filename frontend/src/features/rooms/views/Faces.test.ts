import { describe, expect, it } from 'vitest'
import { collectionOf, eventually } from '@/testing/api'
import { aMessage, HANAKO, openRoom, TARO } from '../testing'

const FACE = `${'5f0c7d9e'.repeat(4)}.jpg`
const THUMBNAIL = `/api/v1/upload/thumbnails/${FACE}?signature=a`

const ANSWERS = {
  'GET /rooms/:room/members': collectionOf(
    [HANAKO, TARO].map((person) => ({
      ...person,
      profile_image: person === TARO ? FACE : null,
      joined_at: '2026-01-31T09:30:00Z',
      is_owner: false,
    })),
  ),
  'GET /rooms/:room/users': { room: 'general', users: [HANAKO, TARO], count: 2 },
  'GET /upload/links': {
    data: [
      {
        stored_name: FACE,
        filename: 'Face.jpg',
        content_type: 'image/jpeg',
        description: '',
        url: `/api/v1/upload/files/${FACE}?signature=a`,
        thumbnail_url: THUMBNAIL,
      },
    ],
    expires_at: '2099-01-01T00:00:00Z',
  },
}

describe('faces in a room', () => {
  it('stand beside what is said, and for who is here; who has none has initials', async () => {
    const { byTestId, requests, shown } = await openRoom({
      messages: [aMessage(1)],
      answers: ANSWERS,
    })
    await eventually(() => expect(shown()[0]!.get('img').attributes('src')).toBe(THUMBNAIL))
    const people = byTestId('room-people')
    await eventually(() => expect(people.findAll('img')).toHaveLength(1))
    expect(people.findAll('[data-initials="HY"]')).toHaveLength(1)
    const asked = requests.filter(({ path }) => path === '/upload/links')
    expect(asked.map(({ query }) => query)).toEqual([{ name: FACE }])
  })
})
