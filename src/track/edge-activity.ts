import { bucketCount, bucketLowNs, LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import {
  retransmitTypes,
  stageNames,
  type Edge,
  type EdgeActivity,
  type EdgeCounts,
  type StageName,
} from '../model/edge.ts'
import { decodeEdgeStats, EdgeRole, type EdgeKey, type EdgeStats, type Histogram } from '../wire/wire.gen.ts'

/** The kernel's table at one moment. */
export interface EdgeReadings {
  entries: readonly EdgeEntry[]
  /** The counts of an entry, which only grow, and wrap at 2^32. Valid until the next call. */
  statsOf: (slot: number) => Buffer
}

interface EdgeEntry {
  slot: number
  key: EdgeKey | undefined
  protocol: number
}

/** What is known of a slot: who has it, and its counts when it was last read. */
interface Known {
  edge: Edge
  /** Undefined: not read yet. `decoded` is in part a view of it. */
  stats: Buffer | undefined
  /** For the next reading: one each second is no garbage. */
  spare: Buffer | undefined
  decoded: EdgeStats
  total: EdgeActivity
}

const udp = 17

/** Turns readings of the kernel's table into what happened between them. */
export class EdgeActivities {
  readonly #known = new Map<number, Known>()
  /** Totals of edges whose slot was given up. */
  readonly #retired: EdgeActivity[] = []
  readonly #maxRetired: number

  /** @param maxRetired totals of edges that are gone which are kept; older ones are merged into one for each protocol */
  constructor(maxRetired = 4096) {
    this.#maxRetired = maxRetired
  }

  /** What the edges did since the reading before, not to be changed; those that did nothing are left out. */
  update({ entries, statsOf }: EdgeReadings): EdgeActivity[] {
    return entries.flatMap((entry) => {
      const known = this.#knownAs(entry)
      const reading = statsOf(entry.slot)
      if (known.stats?.equals(reading)) return []
      const stats = known.spare ?? Buffer.allocUnsafeSlow(reading.length)
      reading.copy(stats)
      const decoded = decodeEdgeStats(viewOf(stats), 0)
      if (known.edge.process) Object.assign(known.edge.process, { comm: decoded.comm, cgroupId: decoded.cgroupId })
      const activity = difference(known.edge, decoded, known.decoded)
      known.spare = known.stats
      known.stats = stats
      known.decoded = decoded
      if (!activity) return []
      addActivity(known.total, activity)
      return [activity]
    })
  }

  #knownAs(entry: EdgeEntry): Known {
    let known = this.#known.get(entry.slot)
    if (!known) {
      const edge = edgeOf(entry)
      known = { edge, stats: undefined, spare: undefined, decoded: emptyStats, total: noActivity(edge) }
      this.#known.set(entry.slot, known)
    }
    return known
  }

  /** Whether the edge of a slot is among these. */
  isActive(slot: number, edges: ReadonlySet<Edge>): boolean {
    const known = this.#known.get(slot)
    return known !== undefined && edges.has(known.edge)
  }

  /** The slot was given up: the next to be read from it is another edge. */
  retire(slot: number): void {
    const known = this.#known.get(slot)
    if (!known) return
    this.#known.delete(slot)
    this.#retired.push(known.total)
    if (this.#retired.length > this.#maxRetired) this.#mergeOldest()
  }

  #mergeOldest(): void {
    const oldest = this.#retired.splice(0, this.#retired.length - this.#maxRetired / 2)
    for (const protocol of ['tcp', 'udp'] as const) {
      const edge: Edge = { ...withoutProcess, protocol }
      const sum = noActivity(edge)
      for (const total of oldest) if (total.edge.protocol === protocol) addActivity(sum, total)
      this.#retired.unshift(sum)
    }
  }

  /** Everything since the first reading, of edges that did anything. */
  totals(): EdgeActivity[] {
    return [...this.#retired, ...[...this.#known.values()].map(({ total }) => total)].filter(isActive)
  }
}

const withoutProcess = {
  process: undefined,
  role: 'any',
  peerAddress: undefined,
  port: undefined,
  netns: undefined,
} as const

function edgeOf({ key, protocol }: EdgeEntry): Edge {
  const common = { ...withoutProcess, protocol: protocol === udp ? ('udp' as const) : ('tcp' as const) }
  if (!key) return common
  const process = { pid: key.pid, startNs: key.processStartNs, comm: '', cgroupId: 0 }
  if (key.role === EdgeRole.any) return { ...common, process }
  return {
    ...common,
    process,
    role: key.role === EdgeRole.client ? 'client' : 'server',
    peerAddress: key.peerAddress,
    port: key.port,
    netns: key.netns,
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const emptyHistogram: Histogram = { sumNs: 0, maxNs: [0], counts: new Uint32Array(bucketCount) }

/** Of every stage in which nothing happened; never added to. */
const noSamples = new LogLinearHistogram()

const emptyStats: EdgeStats = {
  comm: '',
  cgroupId: 0,
  sentBytes: 0,
  sendBlockedNs: 0,
  stallNs: 0,
  wouldBlocks: 0,
  zeroWindows: 0,
  retransmits: new Uint32Array(retransmitTypes.length),
  resetsSent: 0,
  resetsReceived: 0,
  failures: 0,
  drops: 0,
  srttUs: 0,
  minRttUs: 0,
  stages: [emptyHistogram, emptyHistogram, emptyHistogram, emptyHistogram],
}

/** Undefined where nothing happened. */
function difference(edge: Edge, now: EdgeStats, before: EdgeStats): EdgeActivity | undefined {
  const since = (
    name: 'wouldBlocks' | 'zeroWindows' | 'resetsSent' | 'resetsReceived' | 'failures' | 'drops',
  ): number => (now[name] - before[name]) >>> 0
  const activity: EdgeActivity = {
    edge,
    counts: {
      sentBytes: now.sentBytes - before.sentBytes,
      sendBlockedNs: now.sendBlockedNs - before.sendBlockedNs,
      stallNs: now.stallNs - before.stallNs,
      wouldBlocks: since('wouldBlocks'),
      zeroWindows: since('zeroWindows'),
      retransmits: retransmitCounts((i) => ((now.retransmits[i] ?? 0) - (before.retransmits[i] ?? 0)) >>> 0),
      resetsSent: since('resetsSent'),
      resetsReceived: since('resetsReceived'),
      failures: since('failures'),
      drops: since('drops'),
    },
    stages: stagesOf((i) => histogramSince(now.stages[i] ?? emptyHistogram, before.stages[i] ?? emptyHistogram)),
    rttUs: now.srttUs || undefined,
    minRttUs: now.minRttUs === 0 || now.minRttUs === 0xffff_ffff ? undefined : now.minRttUs,
  }
  return isActive(activity) ? activity : undefined
}

function retransmitCounts(count: (index: number) => number): EdgeCounts['retransmits'] {
  return Object.fromEntries(retransmitTypes.map((type, i) => [type, count(i)])) as EdgeCounts['retransmits']
}

function stagesOf(stage: (index: number) => LogLinearHistogram): EdgeActivity['stages'] {
  return Object.fromEntries(stageNames.map((name, i) => [name, stage(i)])) as Record<StageName, LogLinearHistogram>
}

/**
 * The samples between two readings. Their maximum is exact where it is the greatest ever, else the end of the highest
 * bucket that has any.
 */
function histogramSince(now: Histogram, before: Histogram): LogLinearHistogram {
  let highest = bucketCount - 1
  while (highest >= 0 && now.counts[highest] === before.counts[highest]) highest--
  if (highest < 0) return noSamples
  const counts = now.counts.map((count, bucket) => count - before.counts[bucket]!)
  const greatestEverNs = Math.max(...now.maxNs)
  const isNewMaximum = greatestEverNs > Math.max(...before.maxNs)
  const maxNs = isNewMaximum ? greatestEverNs : Math.min(bucketLowNs(highest + 1), greatestEverNs)
  return LogLinearHistogram.of({ counts, sumNs: now.sumNs - before.sumNs, maxNs })
}

export function noActivity(edge: Edge): EdgeActivity {
  return {
    edge,
    counts: {
      sentBytes: 0,
      sendBlockedNs: 0,
      stallNs: 0,
      wouldBlocks: 0,
      zeroWindows: 0,
      retransmits: retransmitCounts(() => 0),
      resetsSent: 0,
      resetsReceived: 0,
      failures: 0,
      drops: 0,
    },
    stages: stagesOf(() => new LogLinearHistogram()),
    rttUs: undefined,
    minRttUs: undefined,
  }
}

/** Adds one activity to another, such as those of several edges, or of several windows of time. */
export function addActivity(sum: Omit<EdgeActivity, 'edge'>, other: Omit<EdgeActivity, 'edge'>): void {
  const { retransmits, ...counts } = other.counts
  for (const [name, count] of Object.entries(counts)) sum.counts[name as keyof typeof counts] += count
  for (const type of retransmitTypes) sum.counts.retransmits[type] += retransmits[type]
  for (const stage of stageNames) if (other.stages[stage].count > 0) sum.stages[stage].merge(other.stages[stage])
  sum.rttUs = other.rttUs ?? sum.rttUs
  sum.minRttUs = other.minRttUs ?? sum.minRttUs
}

function isActive({ counts, stages }: EdgeActivity): boolean {
  const { retransmits, ...others } = counts
  return (
    Object.values(others).some((count) => count > 0) ||
    Object.values(retransmits).some((count) => count > 0) ||
    Object.values(stages).some(({ count }) => count > 0)
  )
}
