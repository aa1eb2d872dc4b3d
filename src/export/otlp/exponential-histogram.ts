import { bucketCount, bucketLowNs, type LogLinearHistogram } from '../../histogram/log-linear-histogram.ts'

/**
 * OpenTelemetry's: bucket `offset + i` counts what is over 2^((offset + i) / 2^scale) seconds, up to the next power.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export interface ExponentialHistogram {
  scale: number
  /** In [0, zeroThresholdSeconds). */
  zeroCount: number
  zeroThresholdSeconds: number
  offset: number
  counts: number[]
}

/** 8 buckets an octave, as ours has. */
const finestScale = 3

/** As many as OpenTelemetry's own SDKs send. */
export const maxBuckets = 160

/** For each bucket of ours that of the finest scale that holds its middle; of the first, which has none, 0. */
const finestIndexes = Int16Array.from({ length: bucketCount }, (_, bucket) => {
  if (bucket === 0) return 0
  const lowNs = bucketLowNs(bucket)
  const highNs = bucketLowNs(bucket + 1)
  // The last one is open: the same as if it were the first of one more octave.
  const middleNs = highNs === Infinity ? lowNs * (1 + 1 / 16) : (lowNs + highNs) / 2
  return Math.ceil(Math.log2(middleNs / 1e9) * 2 ** finestScale) - 1
})

/**
 * Each bucket goes as a whole to the one that holds its middle, so that no count ever falls while the histogram grows, as
 * cumulative temporality wants it. What wirelag itself takes for a quantile, unless it is the maximum, lies in the bucket
 * of that quantile; the samples are at most 14 % off its bounds, 25 % where more than 20 octaves are in use and the scale
 * is 2.
 */
export function exponentialHistogram(histogram: LogLinearHistogram): ExponentialHistogram {
  const { counts } = histogram
  let first = 1
  while (first < bucketCount && counts[first] === 0) first++
  let last = bucketCount - 1
  while (last > first && counts[last] === 0) last--
  const zero = { zeroCount: counts[0] ?? 0, zeroThresholdSeconds: bucketLowNs(1) / 1e9 }
  if (first === bucketCount) return { ...zero, scale: finestScale, offset: 0, counts: [] }
  let coarser = 0
  while (indexOf(last, coarser) - indexOf(first, coarser) >= maxBuckets) coarser++
  const offset = indexOf(first, coarser)
  const exponential = Array.from({ length: indexOf(last, coarser) - offset + 1 }, () => 0)
  for (let bucket = first; bucket <= last; bucket++)
    exponential[indexOf(bucket, coarser) - offset]! += counts[bucket] ?? 0
  return { ...zero, scale: finestScale - coarser, offset, counts: exponential }
}

/** A scale less halves the number of buckets: pairs become one. */
function indexOf(bucket: number, coarser: number): number {
  return finestIndexes[bucket]! >> coarser
}
