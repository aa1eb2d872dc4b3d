import type { Book } from '../model/book.ts'
import { edgeKey, processKey } from '../model/edge-text.ts'
import type { EdgeActivity } from '../model/edge.ts'
import type { Diagnosis, Finding } from '../model/finding.ts'
import type { Incident } from '../model/incident.ts'
import type { Observation, SlowTime, StateCount } from '../model/observation.ts'
import type { Task } from '../model/process.ts'
import { recordedSpanMs, type RecordKind, type RecordSubject, type StoredRecord } from '../model/record.ts'
import type { SocketPair } from '../model/socket.ts'
import { decodeHistogram, encodeEdge, type EdgeCode } from './edge-code.ts'
import { encodeProcess, noSubject, subjectOf } from './identity-code.ts'
import { encodeIncident } from './incident-code.ts'
import { encodeLedger } from './ledger-code.ts'
import { encoded } from './lossless-json.ts'
import { encodeNamespace } from './namespace-code.ts'
import type { FindingBody, SlowTimesBody, SpanBody, StatesBody } from './record-bodies.ts'
import { summedByService } from './roll-up.ts'

/** What a step has to tell. */
export interface StepFacts {
  host: string
  startUnixMs: number
  spanMs: number
  /** Times in it are nanoseconds after the step's begin. */
  observation: Observation
  diagnosis: Diagnosis
  /** From when the times of findings count; undefined: those are not kept. */
  diagnosedFromUnixMs?: number | undefined
  incidents: readonly Incident[]
  /** Of this step alone. */
  books: readonly Book[]
}

/** Of one step at the most, so that a busy host does not fill the recorder. */
const most = {
  edge: 50,
  failures: 100,
  lives: 100,
  retransmits: 100,
  drops: 100,
  pickups: 100,
  exchange: 50,
  thread: 100,
  'slow-time': 200,
  states: 200,
  namespace: 50,
  incident: 50,
  series: 50,
} as const satisfies SpanBody['leftOut']

/** Of so many edges each process is apart; what others did is summed up by service, which `most` is of. */
const mostEdgesApart = 200

/**
 * The records of one step: a `span`, and what happened in it, of very much only the most. Bodies are what
 * `recordedSteps()`, `recordedFindings()` and `recordedIncidents()` read.
 */
export function recordsOf(step: StepFacts): StoredRecord[] {
  const { observation } = step
  const leftOut: SpanBody['leftOut'] = {}
  const chosen = <Item>(kind: keyof typeof most, items: readonly Item[], score: (item: Item) => number): Item[] => {
    if (items.length <= most[kind]) return [...items]
    leftOut[kind] = items.length - most[kind]
    const kept = new Set(items.toSorted((a, b) => score(b) - score(a)).slice(0, most[kind]))
    return items.filter((item) => kept.has(item))
  }
  const record = (kind: RecordKind, key: string, subject: RecordSubject, body: unknown): StoredRecord => ({
    kind,
    host: step.host,
    timeUnixMs: Math.round(step.startUnixMs),
    spanMs: recordedSpanMs(step.spanMs),
    key,
    ...subject,
    body: encoded(body),
  })
  const all = observation.edges.toSorted((a, b) => activityOf(b) - activityOf(a))
  const apart = new Set(all.slice(0, mostEdgesApart))
  const edgeRecord = (activity: EdgeActivity): StoredRecord =>
    record('edge', edgeKey(activity.edge), subjectOf(activity.edge.process), encodeEdge(activity))
  const edges = [
    ...observation.edges.filter((edge) => apart.has(edge)).map(edgeRecord),
    ...chosen('edge', summedByService(all.slice(mostEdgesApart).map(edgeRecord)), samplesOf),
  ]
  const parts = [
    ...edges,
    ...chosen('failures', observation.failures, ({ count }) => count).map((one) =>
      record('failures', `${peerKeyOf(one)} ${one.error}`, subjectOf(one.owner), one),
    ),
    ...chosen('lives', observation.lives, ({ opened, closed }) => opened + closed).map((one) =>
      record('lives', `${peerKeyOf(one)} ${one.role}`, subjectOf(one.owner), one),
    ),
    ...chosen('retransmits', observation.retransmits, ({ syn, rto, other }) => syn + rto + other).map((one) =>
      record('retransmits', peerKeyOf(one), subjectOf(one.owner), one),
    ),
    ...chosen('drops', observation.drops, ({ count }) => count).map((one) =>
      record('drops', one.reason, subjectOf(one.owners[0]), one),
    ),
    ...chosen('pickups', observation.pickups, ({ waitedNs }) => waitedNs).map((one) =>
      record('pickups', taskKey(one.reader), subjectOf(one.reader), one),
    ),
    ...chosen('exchange', observation.exchanges, ({ wallNs }) => wallNs).map((one) =>
      record('exchange', String(one.connectionId), subjectOf(one.owner), encodeLedger(one)),
    ),
    ...chosen('thread', observation.threads, ({ waitedNs, throttledNs, ranNs }) => waitedNs + throttledNs + ranNs).map(
      (one) => record('thread', `${one.pid} ${one.tid}`, noSubject, one),
    ),
    ...slowTimesOf(chosen('slow-time', observation.slowTimes, ({ latencyNs }) => latencyNs)).map((body) =>
      record('slow-time', `${taskKey(body.owner)} ${body.what}`, subjectOf(body.owner), body),
    ),
    ...chosen('states', statesOf(observation.states), socketsOf).map((body) =>
      record('states', `${body.netns} ${body.owner ? taskKey(body.owner) : ''}`, subjectOf(body.owner), body),
    ),
    ...(observation.host ? [record('host', '', noSubject, observation.host)] : []),
    ...chosen('namespace', observation.namespaces, segmentsOf).map((one) =>
      record('namespace', String(one.now.netns), noSubject, encodeNamespace(one)),
    ),
    ...step.diagnosis.findings.map((finding, order) =>
      record('finding', findingKey(finding), subjectOf(finding.culprit), findingBody(finding, order, step)),
    ),
    ...chosen('incident', step.incidents, ({ sample }) => sample.latencyNs).map((incident) => ({
      ...record('incident', incident.id, subjectOf(incident.sample.task), encodeIncident(incident)),
      timeUnixMs: Number(incident.unixNs / 1_000_000n),
      spanMs: 0,
    })),
  ]
  const series = chosen('series', observation.series, ({ points }) => bytesOf(points))
  const { spanNs, slowNs, idleShare, unseen } = observation
  const span: SpanBody = {
    spanNs,
    steps: 1,
    slowNs,
    idleShare,
    unseen,
    books: step.books.filter(({ attempted }) => attempted > 0),
    series: series.map(({ process, points }) => [
      encodeProcess(process),
      ...points.flatMap(({ timeNs, bytes }) => [timeNs, bytes]),
    ]),
    ...(all.length > apart.size ? { folded: all.length - apart.size } : {}),
    leftOut,
  }
  return [record('span', '', noSubject, span), ...parts]
}

function activityOf({ counts, stages }: EdgeActivity): number {
  const { failures, drops, resetsSent, resetsReceived, retransmits, sentBytes } = counts
  const samples = Object.values(stages).reduce((sum, { count }) => sum + count, 0)
  const troubles =
    failures + drops + resetsSent + resetsReceived + Object.values(retransmits).reduce((sum, count) => sum + count, 0)
  // What failed is rarer than what went well, and more is asked for it.
  return samples + 100 * troubles + sentBytes / 2 ** 20
}

function samplesOf({ body }: StoredRecord): number {
  const { stages = {} } = body as EdgeCode
  return Object.values(stages).reduce((sum, code) => sum + decodeHistogram(code).count, 0)
}

function taskKey({ pid, processStartNs, tid }: Task): string {
  return `${processKey({ pid, startNs: processStartNs })} ${tid}`
}

/** Of the service's end: the lower of the two ports. */
function peerKeyOf({ owner, socket: { local, peer } }: { owner: Task; socket: SocketPair }): string {
  const { pid, processStartNs: startNs } = owner
  return `${processKey({ pid, startNs })} ${peer.address} ${Math.min(local.port, peer.port)}`
}

function slowTimesOf(slowTimes: readonly SlowTime[]): SlowTimesBody[] {
  const groups = Map.groupBy(slowTimes, ({ owner, what }) => `${taskKey(owner)} ${what}`)
  return [...groups.values()].flatMap((times) => {
    const [first] = times
    if (!first) return []
    return [
      {
        owner: first.owner,
        what: first.what,
        times: times.flatMap(({ timeNs, latencyNs }) => [timeNs, latencyNs]),
      },
    ]
  })
}

function statesOf(states: readonly StateCount[]): StatesBody[] {
  const groups = Map.groupBy(states, ({ netns, owner }) => `${netns} ${owner ? taskKey(owner) : ''}`)
  return [...groups.values()].flatMap((counts) => {
    const [first] = counts
    if (!first) return []
    const { netns, owner } = first
    return [{ netns, owner, states: counts.map(({ state, before, now, peer }) => ({ state, before, now, peer })) }]
  })
}

function socketsOf({ states }: StatesBody): number {
  return states.reduce((sum, { before, now }) => sum + now + Math.abs(now - before), 0)
}

function segmentsOf({ before, now }: Observation['namespaces'][number]): number {
  return now.tcp.inSegs + now.tcp.outSegs - (before ? before.tcp.inSegs + before.tcp.outSegs : 0)
}

function bytesOf(points: readonly { bytes: number }[]): number {
  return points.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Names what was found, and with whom, the same in every step. */
function findingKey({ cause, culprit }: Finding): string {
  return `${cause} ${culprit ? processKey(culprit) : ''}`
}

function findingBody({ sinceNs, ...finding }: Finding, order: number, { diagnosedFromUnixMs }: StepFacts): FindingBody {
  const isKnown = sinceNs !== undefined && diagnosedFromUnixMs !== undefined
  return { ...finding, sinceUnixMs: isKnown ? Math.round(diagnosedFromUnixMs + sinceNs / 1e6) : undefined, order }
}
