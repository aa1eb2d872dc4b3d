import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { inTurns } from '../lib/in-turns.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { serviceOf } from '../model/container.ts'
import { stageNames, type StageName } from '../model/edge.ts'
import type { FleetMeasure, FleetMember, FleetReading } from '../model/fleet.ts'
import type { Observation } from '../model/observation.ts'
import type { RecordKind, StoredRecord } from '../model/record.ts'
import { recordedFindings, recordedSteps, type RecordedStep } from '../store/recorded-steps.ts'
import type { RecordedHost, Store } from '../store/store.ts'
import { fillZeros } from './measures.ts'
import type { FleetWishes } from './prometheus-fleet.ts'
import { stateMeasures } from './state-measures.ts'

/** Steps are of 10 s, and come in batches. */
const silentAfterMs = 60_000
/** Who has been silent for longer is forgotten. */
const forgottenAfterMs = 3_600_000
/** Hosts that are read at once. */
const concurrency = 4
/** A p95 of fewer samples says nothing. */
const leastSamples = 20

const kinds: readonly RecordKind[] = ['span', 'edge', 'states', 'namespace', 'finding']

const stageMeasures: Readonly<Record<StageName, FleetMeasure>> = {
  handshake: 'handshakeP95Ms',
  acceptQueue: 'acceptQueueP95Ms',
  send: 'sendP95Ms',
  pickup: 'pickupP95Ms',
}

/** What is summed up of a host, or of a service on all hosts. */
class Sums {
  readonly stages: Record<StageName, LogLinearHistogram>
  readonly rttsUs: number[] = []
  readonly values: Partial<Record<FleetMeasure, number>> = {}
  readonly causes: string[] = []

  constructor() {
    const stages = stageNames.map((stage) => [stage, new LogLinearHistogram()])
    this.stages = Object.fromEntries(stages) as Record<StageName, LogLinearHistogram>
  }

  add(measure: FleetMeasure | undefined, value: number): void {
    if (measure) this.values[measure] = (this.values[measure] ?? 0) + value
  }

  /** @param seconds that rates are of */
  ended(seconds: number): Partial<Record<FleetMeasure, number>> {
    const { values, stages, rttsUs } = this
    for (const stage of stageNames) {
      const p95Ns = stages[stage].count < leastSamples ? undefined : stages[stage].quantileNs(0.95)
      if (p95Ns !== undefined) values[stageMeasures[stage]] = p95Ns / 1e6
    }
    if (rttsUs.length >= leastSamples) values.rttP95Ms = p95Of(rttsUs) / 1000
    for (const measure of rateMeasures) {
      const count = values[measure]
      if (count !== undefined) values[measure] = count / seconds
    }
    return values
  }
}

const rateMeasures = [
  'conntrackInsertFailedPerS',
  'retransmitsPerS',
  'failuresPerS',
  'resetsPerS',
  'listenOverflowsPerS',
  'lostPerS',
] as const satisfies readonly FleetMeasure[]

function p95Of(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil(0.95 * sorted.length) - 1]!
}

/**
 * Every host or service whose agents record to a store. Hosts are read one after the other, so a large fleet takes its time.
 *
 * @param source fit to be shown
 * @throws OperatorError where it cannot be read, or nobody has recorded anything within the last hour
 */
export async function recordedFleet(
  store: Store,
  source: string,
  { by, spanMs, onProgress }: FleetWishes,
  unixMs: number = Date.now(),
): Promise<FleetReading> {
  const hosts = (await store.hosts()).filter(({ lastUnixMs }) => unixMs - lastUnixMs <= forgottenAfterMs)
  if (hosts.length === 0)
    throw new OperatorError('WIRELAG_NO_FLEET', `${source}: no host has recorded anything within the last hour`, {
      advice: 'Does an agent run that records there? docs/fleet.md says how.',
    })
  const isSilent = ({ lastUnixMs }: RecordedHost): boolean => unixMs - lastUnixMs > silentAfterMs
  const sums = new Map<string, { sums: Sums; seconds: number }>()
  let read = 0
  await inTurns(hosts, concurrency, async (host) => {
    if (!isSilent(host)) {
      const query = { fromUnixMs: unixMs - spanMs, toUnixMs: unixMs, kinds, hosts: [host.host] }
      addHost(sums, await store.read(query), by === 'host' ? () => host.host : (service) => service)
    }
    onProgress?.(++read, hosts.length)
  })
  const reporting = [...sums].map(([name, { sums: own, seconds }]) => ({
    name,
    values: own.ended(seconds),
    causes: own.causes.toSorted(),
  }))
  fillZeros(reporting)
  const silent = by === 'host' ? hosts.filter(isSilent) : []
  const members: FleetMember[] = [
    ...reporting.map((member) => ({ ...member, status: 'reporting' as const, lastUnixMs: undefined })),
    ...silent.map(({ host, lastUnixMs }) => ({
      name: host,
      status: 'silent' as const,
      lastUnixMs,
      values: {},
      causes: [],
    })),
  ]
  return { by, kind: 'records', source, unixMs, spanMs, members: members.toSorted(byName), warnings: warningsOf(store) }
}

function byName(a: FleetMember, b: FleetMember): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function warningsOf(store: Store): string[] {
  const { setAside } = store.status()
  return setAside > 0
    ? [`a part is missing: ${setAside} parts of the history could not be read and were set aside`]
    : []
}

/** @param memberOf what a service is a part of; undefined is asked for what is the whole host's */
function addHost(
  all: Map<string, { sums: Sums; seconds: number }>,
  records: readonly StoredRecord[],
  memberOf: (service: string | undefined) => string | undefined,
): void {
  const steps = recordedSteps(records)
  const last = steps.at(-1)
  if (!last) return
  const seconds = steps.reduce((sum, { spanMs }) => sum + spanMs, 0) / 1000
  const sumsOf = (service: string | undefined): Sums | undefined => {
    const name = memberOf(service)
    if (name === undefined || name === '') return undefined
    const entry = all.get(name) ?? { sums: new Sums(), seconds: 0 }
    entry.seconds = Math.max(entry.seconds, seconds)
    all.set(name, entry)
    return entry.sums
  }
  const whole = sumsOf(undefined)
  for (const step of steps) {
    addEdges(step.observation, sumsOf)
    if (whole) addWhole(step, whole)
  }
  for (const { state, owner, now } of last.observation.states)
    sumsOf(owner && serviceOf(owner))?.add(stateMeasures[state], now)
  if (whole) addConntrack(last.observation, whole)
  for (const { finding } of recordedFindings(records.filter(({ timeUnixMs }) => timeUnixMs >= last.startUnixMs))) {
    const sums = sumsOf(finding.culprit && serviceOf(finding.culprit)) ?? whole
    sums?.add('findings', 1)
    sums?.causes.push(finding.cause)
  }
}

function addEdges({ edges }: Observation, sumsOf: (service: string | undefined) => Sums | undefined): void {
  for (const { edge, stages, counts, rttUs } of edges) {
    const sums = edge.protocol === 'tcp' ? sumsOf(edge.process && serviceOf(edge.process)) : undefined
    if (!sums) continue
    for (const stage of stageNames) sums.stages[stage].merge(stages[stage])
    if (rttUs !== undefined) sums.rttsUs.push(rttUs)
    sums.add(
      'retransmitsPerS',
      Object.values(counts.retransmits).reduce((sum, count) => sum + count, 0),
    )
    sums.add('failuresPerS', counts.failures)
    sums.add('resetsPerS', counts.resetsSent + counts.resetsReceived)
  }
}

/** What is of no service. */
function addWhole({ observation, books }: RecordedStep, whole: Sums): void {
  for (const { before, now } of observation.namespaces) {
    if (!before) continue
    whole.add('listenOverflowsPerS', Math.max(0, now.tcp.listenOverflows - before.tcp.listenOverflows))
    const [failedBefore, failed] = [before, now].map(({ conntrack }) => conntrack?.counters?.insertFailed)
    if (failedBefore !== undefined && failed !== undefined)
      whole.add('conntrackInsertFailedPerS', Math.max(0, failed - failedBefore))
  }
  whole.add(
    'lostPerS',
    books.reduce((sum, { lost }) => sum + lost, 0),
  )
}

function addConntrack({ namespaces }: Observation, whole: Sums): void {
  const shares = namespaces.flatMap(({ now: { conntrack } }) =>
    conntrack && conntrack.max > 0 ? [conntrack.count / conntrack.max] : [],
  )
  if (shares.length > 0) whole.values.conntrackShare = Math.max(...shares)
}
