import type { ChartData, ChartOptions } from 'chart.js'
import type { DayCount } from '@/api/generated/types.gen'

export interface ChartLook {
  bar: string
  grid: string
  text: string
  tooltip: string
  tooltipText: string
  fontFamily: string
  animated: boolean
}

export interface ChartTexts {
  /** Name of the one series. */
  series: string
  day: (date: string) => string
  number: (value: number) => string
}

/** The bars: one for each day, oldest first. */
export function chartData(
  daily: readonly DayCount[],
  look: ChartLook,
  texts: ChartTexts,
): ChartData<'bar', number[], string> {
  return {
    labels: daily.map(({ date }) => texts.day(date)),
    datasets: [
      {
        label: texts.series,
        data: daily.map(({ count }) => count),
        backgroundColor: look.bar,
        borderRadius: 3,
        maxBarThickness: 24,
      },
    ],
  }
}

/** Axes that count in whole items, in the colours and the type of the page. */
export function chartOptions(look: ChartLook, texts: ChartTexts): ChartOptions<'bar'> {
  const font = { family: look.fontFamily, size: 12 }
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: look.animated ? { duration: 250 } : false,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        grid: { display: false },
        border: { color: look.grid },
        ticks: { color: look.text, font, maxRotation: 0, autoSkipPadding: 16 },
      },
      y: {
        beginAtZero: true,
        suggestedMax: 4,
        grid: { color: look.grid },
        border: { display: false },
        ticks: {
          color: look.text,
          font,
          precision: 0,
          maxTicksLimit: 5,
          callback: (value) => texts.number(Number(value)),
        },
      },
    },
    plugins: {
      tooltip: {
        backgroundColor: look.tooltip,
        titleColor: look.tooltipText,
        bodyColor: look.tooltipText,
        titleFont: font,
        bodyFont: font,
        displayColors: false,
        callbacks: {
          label: (point) => `${texts.series}: ${texts.number(point.parsed.y ?? 0)}`,
        },
      },
    },
  }
}
