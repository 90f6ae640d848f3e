import { beforeEach, describe, expect, it, vi } from 'vitest'
import { mountWithApp } from '@/testing/mount'
import { settle } from '../testing'
import ActivityChart from './ActivityChart.vue'

vi.mock('vue-chartjs', () => ({
  Bar: {
    props: ['data', 'options'],
    template:
      '<canvas :data-bar="data.datasets[0].backgroundColor" :data-moves="options.animation !== false" />',
  },
}))

const props = { daily: [{ date: '2026-01-31', count: 1 }], label: 'In words' }

describe('the chart', () => {
  beforeEach(() => {
    document.head.innerHTML = `<style>
      :root { --color-primary: #34408f }
      :root[data-theme='sumi'] { --color-primary: #aab5f7 }
    </style>`
    return () => {
      document.head.innerHTML = ''
      delete document.documentElement.dataset.theme
    }
  })

  it('says in words what it shows', async () => {
    const { wrapper } = await mountWithApp(ActivityChart, { props })
    expect(wrapper.get('canvas').attributes('aria-label')).toBe('In words')
  })

  it('is drawn anew in the colours of another theme', async () => {
    const { wrapper } = await mountWithApp(ActivityChart, { props })
    expect(wrapper.get('canvas').attributes('data-bar')).toBe('#34408f')
    document.documentElement.dataset.theme = 'sumi'
    await settle()
    expect(wrapper.get('canvas').attributes('data-bar')).toBe('#aab5f7')
  })

  it.each([
    [true, 'false'],
    [false, 'true'],
  ])('moves unless one wants less motion (%s)', async (reduced, moves) => {
    vi.spyOn(window, 'matchMedia').mockImplementation(
      (query) =>
        Object.assign(new EventTarget(), {
          media: query,
          matches: reduced && query.includes('reduce'),
        }) as MediaQueryList,
    )
    const { wrapper } = await mountWithApp(ActivityChart, { props })
    expect(wrapper.get('canvas').attributes('data-moves')).toBe(moves)
  })
})
