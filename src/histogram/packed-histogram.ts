import type { LogLinearHistogram } from './log-linear-histogram.ts'

/** What there is of a histogram: a tenth of the size, as samples of one kind lie near each other. */
export interface PackedHistogram {
  firstBucket: number
  counts: Float64Array
  sumNs: number
  maxNs: number
}

export function packedHistogram({ counts, sumNs, maxNs }: LogLinearHistogram): PackedHistogram {
  const firstBucket = Math.max(
    0,
    counts.findIndex((count) => count > 0),
  )
  const lastBucket = counts.findLastIndex((count) => count > 0)
  return { firstBucket, counts: counts.slice(firstBucket, lastBucket + 1), sumNs, maxNs }
}

export function addPacked(sum: LogLinearHistogram, packed: PackedHistogram): void {
  addCounts(sum, packed, 1)
  sum.maxNs = Math.max(sum.maxNs, packed.maxNs)
}

/** Takes out what was added before. The maximum stays: who needs it knows what is left. */
export function subtractPacked(sum: LogLinearHistogram, packed: PackedHistogram): void {
  addCounts(sum, packed, -1)
}

function addCounts(sum: LogLinearHistogram, { firstBucket, counts, sumNs }: PackedHistogram, sign: 1 | -1): void {
  for (const [i, count] of counts.entries()) sum.addCount(firstBucket + i, sign * count)
  sum.sumNs += sign * sumNs
}
