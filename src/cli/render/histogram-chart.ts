import { bucketCount, bucketLowNs, type LogLinearHistogram } from '../../histogram/log-linear-histogram.ts'
import { compactMs } from './compact-number.ts'

/** How many buckets of the histogram may be one bar: halves and quarters of an octave, octaves, and more. */
const groupSizes = [2, 4, 8, 16, 24, 32, 64, 128]
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/**
 * A bar for each span of durations from the least to the longest sample, with its bounds in milliseconds and its count:
 * as finely divided as there are lines for. Empty for an empty histogram.
 *
 * @param width characters of a line
 */
export function histogramChart(histogram: LogLinearHistogram, width: number, maxLines: number): string[] {
  const first = histogram.counts.findIndex((count) => count > 0)
  const last = histogram.counts.findLastIndex((count) => count > 0)
  if (first < 0 || maxLines < 1) return []
  const bars = spans(first, last, maxLines).map(({ low, high }) => ({
    label: label(low, high),
    count: histogram.counts.subarray(low, high).reduce((sum, count) => sum + count, 0),
  }))
  const most = Math.max(...bars.map(({ count }) => count))
  const countWidth = String(most).length
  return bars.map(({ label: text, count }) => {
    const head = `${text}  ${String(count).padStart(countWidth)} `
    return `${head}${bar(count / most, Math.max(1, width - head.length))}`.trimEnd()
  })
}

/** From which bucket to which, the latter not included. */
interface Span {
  low: number
  high: number
}

function spans(first: number, last: number, maxLines: number): Span[] {
  const lineCount = (size: number): number => groupOf(last, size) - groupOf(first, size) + 1
  const size = groupSizes.find((candidate) => lineCount(candidate) <= maxLines)
  if (size === undefined) return [{ low: 0, high: bucketCount }]
  return Array.from({ length: lineCount(size) }, (_, i) => spanOf(groupOf(first, size) + i, size))
}

/** Octaves begin at bucket 1; bucket 0, what is below them, is a group of its own. */
function groupOf(bucket: number, size: number): number {
  return Math.floor((bucket - 1) / size)
}

function spanOf(group: number, size: number): Span {
  return { low: Math.max(0, group * size + 1), high: Math.min(bucketCount, (group + 1) * size + 1) }
}

function label(low: number, high: number): string {
  const highNs = bucketLowNs(high)
  return `${compactMs(bucketLowNs(low)).padStart(6)} - ${(highNs === Infinity ? '' : compactMs(highNs)).padStart(6)}`
}

/** What there is any of is seen. */
function bar(share: number, width: number): string {
  const parts = share > 0 ? Math.max(1, Math.round(share * width * 8)) : 0
  return '█'.repeat(Math.floor(parts / 8)) + (eighths[parts % 8] ?? '')
}
