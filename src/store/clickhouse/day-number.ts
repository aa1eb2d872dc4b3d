/** Of the UTC day, as a partition's name: 20260102. */
export function dayNumber(unixMs: number): number {
  const date = new Date(Math.min(Math.max(unixMs, 0), 8.64e15))
  return date.getUTCFullYear() * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate()
}

/** Where the day begins. */
export function dayUnixMs(day: number): number {
  return Date.UTC(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, day % 100)
}
