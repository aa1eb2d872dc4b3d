import type { TimeWindow } from '../lib/moment.ts'
import { localTime, windowText } from '../lib/moment.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { diagnose } from '../diagnose/diagnose.ts'
import type { IdentityFilter } from '../model/filter.ts'
import type { Diagnosis } from '../model/finding.ts'
import type { Incident } from '../model/incident.ts'
import type { Observation } from '../model/observation.ts'
import type { RecordKind, StoredRecord } from '../model/record.ts'
import {
  findingsOf,
  mergedFindings,
  recordedIncidents,
  recordedSteps,
  type RecordedFinding,
  type RecordedStep,
} from '../store/recorded-steps.ts'
import { rolledUp } from '../store/roll-up.ts'
import type { Store } from '../store/store.ts'
import { withNormals } from './usual-diagnosis.ts'
import { mergedObservation } from '../track/merged-observation.ts'

export interface HistoryWishes {
  window: Pick<TimeWindow, 'fromUnixMs' | 'toUnixMs'>
  /** Undefined: all. */
  hosts?: readonly string[] | undefined
  filter?: IdentityFilter
}

/** What was recorded of one host in some time. */
export interface HostHistory {
  host: string
  window: HistoryWishes['window']
  steps: readonly RecordedStep[]
  /** Of all steps; its times are nanoseconds after the begin of the first. */
  observation: Observation
  /** When it begins. */
  startUnixMs: number
  /** Steps are as the agent took them: what is told one by one is there. */
  isFine: boolean
  /** What the agent found in this time. */
  findings: readonly RecordedFinding[]
  incidents: readonly Incident[]
  /** Times of which nothing was recorded. */
  gaps: readonly { fromUnixMs: number; toUnixMs: number }[]
  /** Events that were lost on their way from the kernel. */
  lost: readonly { signal: string; lost: number; attempted: number }[]
  /** By kind: what steps had no room for. */
  leftOut: Readonly<Record<string, number>>
  /** Edges of steps that are not apart, but summed up by service. */
  folded: number
}

/** Of the host, and not of anybody on it. */
const hostKinds: readonly RecordKind[] = ['span', 'host', 'namespace', 'thread']
const processKinds: readonly RecordKind[] = [
  'edge',
  'failures',
  'lives',
  'retransmits',
  'drops',
  'pickups',
  'exchange',
  'slow-time',
  'states',
  'finding',
  'incident',
]

/** The agent judges the last minute in each step. */
const diagnosedMs = 60_000

const hourMs = 3_600_000
/** Steps follow each other within so much. */
const leastGapMs = 1500

/**
 * What was recorded of each host in a time, in the order of their names. Of hours the steps are rolled up as they are read.
 *
 * @throws OperatorError where it cannot be read
 */
export async function hostHistories(
  store: Store,
  { window, hosts, filter = {} }: HistoryWishes,
): Promise<HostHistory[]> {
  const gathered = new Map<string, Gathered>()
  for (const part of partsOf(window)) {
    const common = { ...part, ...(hosts ? { hosts } : {}) }
    const records = [
      ...(await store.read({ ...common, kinds: hostKinds })),
      ...(await store.read({ ...common, ...filter, kinds: processKinds })),
    ]
    // What reaches over a part's begin was in the one before.
    const own = records.filter(
      ({ timeUnixMs }) => timeUnixMs >= part.fromUnixMs || part.fromUnixMs === window.fromUnixMs,
    )
    for (const [host, ofHost] of Map.groupBy(own, (record) => record.host))
      gathered.set(host, gather(gathered.get(host), ofHost, window))
  }
  return [...gathered.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([host, parts]) => {
      const history = hostHistory(host, parts, window)
      return history.steps.length > 0 || history.incidents.length > 0 ? [history] : []
    })
}

/** What was read of a host so far. */
interface Gathered {
  /** Without findings and incidents. */
  records: StoredRecord[]
  findings: RecordedFinding[]
  incidents: Incident[]
  /** Of the steps as they are in the store. */
  spans: { startUnixMs: number; spanMs: number }[]
}

/** A time of more is read in parts that end with hours. */
const mostAtOnceMs = 2 * hourMs
/** Of a longer time a step is so long, which divides an hour; of more than a day an hour. */
const wideStepMs = 600_000
const dayMs = 24 * hourMs
/** That are kept of a time, the slowest. */
const mostIncidents = 1000

function partsOf({ fromUnixMs, toUnixMs }: HistoryWishes['window']): HistoryWishes['window'][] {
  if (toUnixMs - fromUnixMs <= mostAtOnceMs) return [{ fromUnixMs, toUnixMs }]
  const parts: HistoryWishes['window'][] = []
  for (let from = fromUnixMs; from < toUnixMs;) {
    const to = Math.min(toUnixMs, Math.floor(from / hourMs + 1) * hourMs)
    parts.push({ fromUnixMs: from, toUnixMs: to })
    from = to
  }
  return parts
}

function gather(
  known: Gathered | undefined,
  records: readonly StoredRecord[],
  window: HistoryWishes['window'],
): Gathered {
  const { toUnixMs, fromUnixMs } = window
  const spans = records
    .filter(({ kind }) => kind === 'span')
    .map(({ timeUnixMs: startUnixMs, spanMs }) => ({ startUnixMs, spanMs }))
  const isShort = toUnixMs - fromUnixMs < diagnosedMs && recordedSteps(records).every(({ steps }) => steps > 1)
  const ofSteps = records.filter(({ kind }) => kind !== 'finding' && kind !== 'incident')
  const found = findingsOf(records).filter((finding) => isShort || isOfWindow(finding, window))
  const incidents = recordedIncidents(records).map(({ incident }) => incident)
  return {
    records: [
      ...(known?.records ?? []),
      ...(toUnixMs - fromUnixMs <= mostAtOnceMs
        ? ofSteps
        : rolledUp(ofSteps, toUnixMs - fromUnixMs <= dayMs ? wideStepMs : hourMs)),
    ],
    findings: mergedFindings([...(known?.findings ?? []), ...found]),
    incidents: slowest([...(known?.incidents ?? []), ...incidents]),
    spans: [...(known?.spans ?? []), ...spans],
  }
}

function slowest(incidents: readonly Incident[]): Incident[] {
  if (incidents.length <= mostIncidents) return [...incidents]
  const kept = new Set(incidents.toSorted((a, b) => b.sample.latencyNs - a.sample.latencyNs).slice(0, mostIncidents))
  return incidents.filter((incident) => kept.has(incident))
}

function hostHistory(
  host: string,
  { records, findings, incidents, spans }: Gathered,
  window: HistoryWishes['window'],
): HostHistory {
  const steps = recordedSteps(records)
  const startUnixMs = steps[0]?.startUnixMs ?? window.fromUnixMs
  const observed = steps.map(({ startUnixMs: begin, observation }) => ({
    startNs: (begin - startUnixMs) * 1e6,
    observation,
  }))
  return {
    host,
    window,
    steps,
    observation: mergedObservation(observed),
    startUnixMs,
    isFine: steps.every((step) => step.steps === 1),
    findings,
    incidents,
    gaps: gapsOf(spans, window),
    lost: lostOf(steps),
    leftOut: leftOutOf(steps),
    folded: steps.reduce((sum, { folded }) => sum + folded, 0),
  }
}

/** A finding is of the minute before it: whether that lies in the window, but for a step. */
function isOfWindow(
  { untilUnixMs, fromUnixMs: begin }: RecordedFinding,
  { fromUnixMs }: HistoryWishes['window'],
): boolean {
  return untilUnixMs - diagnosedMs >= fromUnixMs - (untilUnixMs - begin)
}

function gapsOf(steps: Gathered['spans'], { fromUnixMs, toUnixMs }: HistoryWishes['window']): HostHistory['gaps'] {
  const gaps: { fromUnixMs: number; toUnixMs: number }[] = []
  const inOrder = steps.toSorted((a, b) => a.startUnixMs - b.startUnixMs)
  let knownUntil = fromUnixMs
  for (const { startUnixMs, spanMs } of [...inOrder, { startUnixMs: toUnixMs, spanMs: 0 }]) {
    if (startUnixMs - knownUntil > leastGapMs) gaps.push({ fromUnixMs: knownUntil, toUnixMs: startUnixMs })
    knownUntil = Math.max(knownUntil, startUnixMs + spanMs)
  }
  return gaps
}

function lostOf(steps: readonly RecordedStep[]): HostHistory['lost'] {
  const sums = new Map<string, { signal: string; lost: number; attempted: number }>()
  for (const { signal, lost, attempted } of steps.flatMap(({ books }) => books)) {
    const sum = sums.get(signal) ?? { signal, lost: 0, attempted: 0 }
    sums.set(signal, { signal, lost: sum.lost + lost, attempted: sum.attempted + attempted })
  }
  return [...sums.values()].filter(({ lost }) => lost > 0)
}

function leftOutOf(steps: readonly RecordedStep[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [kind, count] of steps.flatMap(({ leftOut }) => Object.entries(leftOut)))
    sums[kind] = (sums[kind] ?? 0) + count
  return sums
}

/**
 * What was the matter: judged anew where steps are fine, with what the agent found at the time; else what it found.
 */
function diagnosisOf({ observation, isFine, startUnixMs, findings: recorded }: HostHistory): Diagnosis {
  const anew: Diagnosis = isFine ? diagnose(ofProcesses(observation)) : { findings: [], ruledOut: [], unjudged: [] }
  const keyOf = ({ cause, culprit }: Diagnosis['findings'][number]): string => `${cause} ${culprit?.pid ?? ''}`
  const known = new Set(anew.findings.map(keyOf))
  const more = recorded
    .map(({ finding, sinceUnixMs, fromUnixMs }) => ({
      ...finding,
      sinceNs: ((sinceUnixMs ?? fromUnixMs) - startUnixMs) * 1e6,
    }))
    .filter((finding) => !known.has(keyOf(finding)))
  const found = new Set(more.map(({ cause }) => cause))
  return {
    ...anew,
    findings: [...anew.findings, ...more],
    ruledOut: anew.ruledOut.filter(({ cause }) => !found.has(cause)),
  }
}

/** What is summed up by service is nobody's, and judges nobody. */
function ofProcesses(observation: Observation): Observation {
  return { ...observation, edges: observation.edges.filter(({ edge }) => edge.process?.pid !== 0) }
}

/** The same, with what was usual on that host at that time of day. */
export async function comparedDiagnosis(store: Store, history: HostHistory): Promise<Diagnosis> {
  const { host, observation, window } = history
  return withNormals(diagnosisOf(history), observation, store, { host, atUnixMs: window.toUnixMs })
}

/** Says what there is instead. */
export async function nothingRecorded(store: Store, window: HistoryWishes['window']): Promise<OperatorError> {
  const hosts = await store.hosts()
  const known = hosts
    .slice(0, 5)
    .map(({ host, firstUnixMs, lastUnixMs }) => `${host} from ${localTime(firstUnixMs)} to ${localTime(lastUnixMs)}`)
  const more = hosts.length > known.length ? ` and ${hosts.length - known.length} hosts more` : ''
  return new OperatorError('WIRELAG_NOT_RECORDED', `nothing was recorded from ${windowText(window)}`, {
    advice: known.length > 0 ? `There is ${known.join(', ')}${more}.` : 'The history is empty.',
  })
}

/** The incident of that name, whenever it was. */
export async function incidentOf(store: Store, id: string): Promise<{ host: string; incident: Incident } | undefined> {
  const records = await store.read({
    fromUnixMs: 0,
    toUnixMs: Number.MAX_SAFE_INTEGER,
    kinds: ['incident'],
    text: JSON.stringify(id),
  })
  return recordedIncidents(records).find(({ incident }) => incident.id === id)
}
