import { describe, expect, it } from 'vitest'
import { chartData, type ChartLook, chartOptions } from './activity-chart'

const look: ChartLook = {
  bar: '#34408f',
  grid: '#e6decf',
  text: '#655c4f',
  tooltip: '#3a342c',
  tooltipText: '#fbf8f1',
  fontFamily: 'serif',
  animated: true,
}
const texts = { series: 'Items', day: (date: string) => date.slice(8), number: String }
const daily = [
  { date: '2026-01-30', count: 0 },
  { date: '2026-01-31', count: 4 },
]

describe('the chart of the last days', () => {
  it('has one bar for each day, in order, in the colour of the theme', () => {
    const { labels, datasets } = chartData(daily, look, texts)
    expect(labels).toEqual(['30', '31'])
    expect(datasets).toHaveLength(1)
    expect(datasets[0]).toMatchObject({ label: 'Items', data: [0, 4], backgroundColor: '#34408f' })
  })

  it('counts from nought in whole items', () => {
    const { y } = chartOptions(look, texts).scales!
    expect(y).toMatchObject({ beginAtZero: true, ticks: { precision: 0, color: '#655c4f' } })
  })

  it('stands still for those who want less motion', () => {
    expect(chartOptions({ ...look, animated: false }, texts).animation).toBe(false)
    expect(chartOptions(look, texts).animation).toMatchObject({ duration: 250 })
  })
})
