import type { Normal } from '../model/normal.ts'

const minuteMs = 60_000
/** Of the time of day: so much before and after. */
export const baselineHalfMs = 30 * minuteMs
export const baselineDays = 7
/** Fewer say nothing. */
const leastSamples = 5

/** A figure at one moment. */
export interface Sample {
  unixMs: number
  value: number
}

/**
 * The times of earlier days around the same time of day by the local clock, the latest first: what is normal is taken from
 * them. Today is none of them: what is wrong now may have been so for an hour.
 */
export function baselineWindows(atUnixMs: number): { fromUnixMs: number; toUnixMs: number }[] {
  return Array.from({ length: baselineDays }, (_, i) => {
    const then = new Date(atUnixMs)
    then.setDate(then.getDate() - i - 1)
    return { fromUnixMs: then.getTime() - baselineHalfMs, toUnixMs: then.getTime() + baselineHalfMs }
  })
}

/**
 * What was normal at the time of day of `atUnixMs`, from the samples that lie in its windows.
 *
 * @returns undefined where nothing, or too little, is known of earlier days
 */
export function normalAt(samples: readonly Sample[], atUnixMs: number): Normal | undefined {
  const ofDays = baselineWindows(atUnixMs)
    .map(({ fromUnixMs, toUnixMs }) => samples.filter(({ unixMs }) => unixMs >= fromUnixMs && unixMs < toUnixMs))
    .filter((ofDay) => ofDay.length > 0)
  const values = ofDays.flat().map(({ value }) => value)
  if (values.length < leastSamples) return undefined
  const median = medianOf(values)
  const mad = medianOf(values.map((value) => Math.abs(value - median)))
  return { median, mad, samples: values.length, days: ofDays.length }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}
