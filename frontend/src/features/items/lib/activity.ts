import type { DayCount } from '@/api/generated/types.gen'

/** What the chart says, in numbers; `busiest` is the first of the days with the most. */
export interface ActivitySummary {
  total: number
  busiest: DayCount | null
}

export function summarize(daily: readonly DayCount[]): ActivitySummary {
  let total = 0
  let busiest: DayCount | null = null
  for (const day of daily) {
    total += day.count
    if (day.count > (busiest?.count ?? 0)) busiest = day
  }
  return { total, busiest }
}

/** A day of the calendar (`2026-01-31`) in a language, such as "Jan 31". */
export function dayFormatter(language: string): (date: string) => string {
  const format = new Intl.DateTimeFormat(language, {
    month: 'short',
    day: 'numeric',
    // A bare date is read as midnight UTC: in local time it would slip by one west of Greenwich.
    timeZone: 'UTC',
  })
  return (date) => format.format(new Date(date))
}
