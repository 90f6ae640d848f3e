const DAY = /^(\d{4})-(\d{2})-(\d{2})$/u

/** Midnight, by the clock of this browser, at the beginning of a day such as `2026-01-31`. */
function midnight(day: string, daysLater = 0): Date | null {
  const [, year, month, date] = DAY.exec(day)?.map(Number) ?? []
  if (year === undefined || month === undefined || date === undefined) return null
  const first = new Date(year, month - 1, date)
  // A day that isn't in the calendar, such as 31 February, would become another one.
  if (first.getMonth() !== month - 1 || first.getFullYear() !== year) return null
  return new Date(year, month - 1, date + daysLater)
}

export function isDay(text: string): boolean {
  return midnight(text) !== null
}

/** When the day begins, as the API takes it. */
export function startOf(day: string): string | undefined {
  return midnight(day)?.toISOString()
}

/** When the day is over, as the API takes it. */
export function endOf(day: string): string | undefined {
  return midnight(day, 1)?.toISOString()
}
