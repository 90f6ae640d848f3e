import { describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { mountWithApp } from '@/testing/mount'
import { usePersonName } from './usePersonName'

async function nameOf(
  person: { username: string; full_name: string | null },
  language: 'en' | 'ja' = 'en',
) {
  const { wrapper } = await mountWithApp(
    defineComponent(() => {
      const personName = usePersonName()
      return () => personName(person)
    }),
    { language },
  )
  return wrapper.text()
}

describe('usePersonName', () => {
  it('prefers the full name', async () => {
    expect(await nameOf({ username: 'hanako', full_name: 'Hanako Yuki' })).toBe('Hanako Yuki')
    expect(await nameOf({ username: 'hanako', full_name: null })).toBe('hanako')
  })

  it('says in the chosen language that someone was deleted', async () => {
    const gone = { username: 'deleted-12-0a1b2c3d', full_name: 'Deleted user' }
    expect(await nameOf(gone, 'ja')).toBe('削除されたユーザー')
    expect(await nameOf(gone)).toBe('Deleted user')
  })

  it('leaves alone who merely calls themselves so', async () => {
    expect(await nameOf({ username: 'taro', full_name: 'Deleted user' }, 'ja')).toBe('Deleted user')
    const odd = { username: 'deleted-12-0a1b2c3d', full_name: 'Taro' }
    expect(await nameOf(odd, 'ja')).toBe('Taro')
  })
})
