import { bucketCount, LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import {
  retransmitTypes,
  stageNames,
  type Edge,
  type EdgeActivity,
  type EdgeCounts,
  type RetransmitType,
  type StageName,
} from '../model/edge.ts'
import { decodeProcess, encodeProcess, type ProcessCode } from './identity-code.ts'
import { nonZero, withoutUndefined } from './lossless-json.ts'

/** Sum, maximum, then for each bucket that has any how far it is from the one before, and its count. */
export type HistogramCode = number[]

type Counts = Partial<Omit<EdgeCounts, 'retransmits'>>

/** Of stages in which nothing happened; never added to. */
const noSamples = new LogLinearHistogram()

/** What an edge did, without what is 0 or not known. */
export interface EdgeCode {
  process?: ProcessCode
  protocol: Edge['protocol']
  role: Edge['role']
  peer?: string
  peerName?: string
  port?: number
  netns?: number
  counts?: Counts
  retransmits?: Partial<Record<RetransmitType, number>>
  stages?: Partial<Record<StageName, HistogramCode>>
  rttUs?: number
  minRttUs?: number
}

const countNames = [
  'sentBytes',
  'sendBlockedNs',
  'stallNs',
  'wouldBlocks',
  'zeroWindows',
  'resetsSent',
  'resetsReceived',
  'failures',
  'drops',
] as const

export function encodeHistogram({ counts, sumNs, maxNs }: LogLinearHistogram): HistogramCode {
  const code = [sumNs, maxNs]
  let last = 0
  for (const [bucket, count] of counts.entries()) {
    if (count === 0) continue
    code.push(bucket - last, count)
    last = bucket
  }
  return code
}

/** @throws RangeError for a bucket that there is not */
export function decodeHistogram([sumNs = 0, maxNs = 0, ...buckets]: HistogramCode): LogLinearHistogram {
  const histogram = new LogLinearHistogram()
  let bucket = 0
  for (let i = 0; i + 1 < buckets.length; i += 2) {
    bucket += buckets[i] ?? 0
    if (!(bucket >= 0 && bucket < bucketCount)) throw new RangeError(`a histogram has no bucket ${bucket}`)
    histogram.addCount(bucket, buckets[i + 1] ?? 0)
  }
  histogram.sumNs = sumNs
  histogram.maxNs = maxNs
  return histogram
}

export function encodeEdge({ edge, counts, stages, rttUs, minRttUs }: EdgeActivity): EdgeCode {
  const { process, protocol, role, peerAddress, peerName, port, netns } = edge
  const { retransmits, ...others } = counts
  const told = stageNames.filter((stage) => stages[stage].count > 0)
  return withoutUndefined({
    process: process && encodeProcess(process),
    protocol,
    role,
    peer: peerAddress,
    peerName,
    port,
    netns,
    counts: unlessEmpty(nonZero(others)),
    retransmits: unlessEmpty(nonZero(retransmits)),
    stages: unlessEmpty(Object.fromEntries(told.map((stage) => [stage, encodeHistogram(stages[stage])]))),
    rttUs,
    minRttUs,
  }) as EdgeCode
}

/** What comes of it is not to be changed. */
export function decodeEdge(code: EdgeCode): EdgeActivity {
  const { process, protocol, role, peer, peerName, port, netns, rttUs, minRttUs } = code
  return {
    edge: {
      process: process && decodeProcess(process),
      protocol,
      role,
      peerAddress: peer,
      ...(peerName === undefined ? {} : { peerName }),
      port,
      netns,
    },
    counts: {
      ...(Object.fromEntries(countNames.map((name) => [name, code.counts?.[name] ?? 0])) as unknown as EdgeCounts),
      retransmits: Object.fromEntries(
        retransmitTypes.map((type) => [type, code.retransmits?.[type] ?? 0]),
      ) as EdgeCounts['retransmits'],
    },
    stages: Object.fromEntries(
      stageNames.map((stage) => {
        const histogram = code.stages?.[stage]
        return [stage, histogram ? decodeHistogram(histogram) : noSamples]
      }),
    ) as EdgeActivity['stages'],
    rttUs,
    minRttUs,
  }
}

/** One after the other: counts are summed, histograms merged, the round trip is the latest. */
export function addedEdges(first: EdgeCode, second: EdgeCode): EdgeCode {
  const counts = addedCounts(first.counts ?? {}, second.counts ?? {})
  const retransmits = addedCounts(first.retransmits ?? {}, second.retransmits ?? {})
  return withoutUndefined({
    ...first,
    counts: unlessEmpty(counts),
    retransmits: unlessEmpty(retransmits),
    stages: unlessEmpty(
      Object.fromEntries(
        stageNames
          .filter((stage) => first.stages?.[stage] ?? second.stages?.[stage])
          .map((stage) => [stage, addedHistograms(first.stages?.[stage] ?? [], second.stages?.[stage] ?? [])]),
      ),
    ),
    rttUs: second.rttUs ?? first.rttUs,
    minRttUs: second.minRttUs ?? first.minRttUs,
  }) as EdgeCode
}

export function addedCounts(
  first: Readonly<Record<string, number>>,
  second: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...first }
  for (const [name, count] of Object.entries(second)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

/** Without making them dense: of a roll-up this is most of the work. */
function addedHistograms(first: HistogramCode, second: HistogramCode): HistogramCode {
  const [firstSumNs = 0, firstMaxNs = 0] = first
  const [secondSumNs = 0, secondMaxNs = 0] = second
  const sum = [firstSumNs + secondSumNs, Math.max(firstMaxNs, secondMaxNs)]
  let [i, k] = [2, 2]
  let [firstBucket, secondBucket] = [first[2] ?? Infinity, second[2] ?? Infinity]
  let last = 0
  while (firstBucket < Infinity || secondBucket < Infinity) {
    const bucket = Math.min(firstBucket, secondBucket)
    let count = 0
    if (firstBucket === bucket) {
      count += first[i + 1] ?? 0
      i += 2
      firstBucket = i < first.length ? bucket + (first[i] ?? 0) : Infinity
    }
    if (secondBucket === bucket) {
      count += second[k + 1] ?? 0
      k += 2
      secondBucket = k < second.length ? bucket + (second[k] ?? 0) : Infinity
    }
    sum.push(bucket - last, count)
    last = bucket
  }
  return sum
}

function unlessEmpty<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length > 0 ? value : undefined
}
