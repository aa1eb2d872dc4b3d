import { bucketCount, bucketLowNs, bucketOf, type LogLinearHistogram } from '../histogram/log-linear-histogram.ts'

/**
 * Where the buckets of Prometheus end, in seconds. Causes sit at some of them: 5 ms (the alert), 40 ms (delayed ACK), 0.2 s (RTO), 0.3 s
 * (the classic spike), 1, 3 and 7 s (SYN retries).
 */
export const bucketEdgesSeconds = [
  0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.1, 0.2, 0.3, 1, 3, 7,
] as const

/** As OpenMetrics wants them, and alike in both formats: they name series. */
export const bucketEdgeTexts: readonly string[] = [
  ...bucketEdgesSeconds.map((seconds) => (Number.isInteger(seconds) ? `${seconds}.0` : String(seconds))),
  '+Inf',
]

/** Series that a histogram is: its buckets, its sum and its count. */
export const histogramSeries = bucketEdgeTexts.length + 2

/** Of each edge, how many log-linear buckets end at or below it. */
const wholeBuckets = [...bucketEdgesSeconds.map(wholeBucketsBelow), bucketCount]

function wholeBucketsBelow(seconds: number): number {
  let buckets = 0
  while (bucketLowNs(buckets + 1) <= seconds * 1e9) buckets++
  return buckets
}

/**
 * Samples up to each edge, the last being all. A log-linear bucket in which an edge lies counts above it: what waits for a timer
 * takes a little longer than it, never less. So a sample that is counted up to an edge was not longer, and one that
 * is counted above it was at most 1/8 below.
 */
export function cumulativeCounts({ counts }: LogLinearHistogram): number[] {
  let bucket = 0
  let sum = 0
  return wholeBuckets.map((end) => {
    for (; bucket < end; bucket++) sum += counts[bucket]!
    return sum
  })
}

/** Which of the edges a sample of so long is first counted at. */
export function edgeIndexOf(ns: number): number {
  const bucket = bucketOf(ns)
  return wholeBuckets.findIndex((end) => bucket < end)
}
