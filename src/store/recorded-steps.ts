import type { Finding } from '../model/finding.ts'
import type { Book } from '../model/book.ts'
import type { Incident } from '../model/incident.ts'
import type {
  ConnectFailures,
  ConnectionLives,
  Drops,
  Observation,
  Retransmits,
  SlowPickups,
  SlowTime,
  StateCount,
  ThreadTimes,
} from '../model/observation.ts'
import type { RecordKind, StoredRecord } from '../model/record.ts'
import { decodeEdge, type EdgeCode } from './edge-code.ts'
import { decodeProcess } from './identity-code.ts'
import { decodeIncident, type IncidentCode } from './incident-code.ts'
import { decodeLedger, type LedgerCode } from './ledger-code.ts'
import { decoded } from './lossless-json.ts'
import { decodeNamespace, type NamespaceCode } from './namespace-code.ts'
import type { FindingBody, SlowTimesBody, SpanBody, StatesBody } from './record-bodies.ts'

/** A step as it was recorded, of one host. */
export interface RecordedStep {
  host: string
  startUnixMs: number
  spanMs: number
  /** 1, or how many were rolled up into it: then by service, and without what is told one by one. */
  steps: number
  /** Times in it are nanoseconds after the step's begin. */
  observation: Observation
  books: readonly Book[]
  /** Edges that are not apart, but summed up by service. */
  folded: number
  /** By kind: what there was no room for. */
  leftOut: SpanBody['leftOut']
}

/** The steps that records are of, in the order of time. Without its `span` record a step is not there. */
export function recordedSteps(records: readonly StoredRecord[]): RecordedStep[] {
  const groups = Map.groupBy(
    records.filter(({ spanMs, kind }) => spanMs > 0 || kind === 'span'),
    ({ host, timeUnixMs, spanMs }) => `${timeUnixMs} ${spanMs} ${host}`,
  )
  const steps = [...groups.values()].flatMap((group) => {
    const span = group.find(({ kind }) => kind === 'span')
    return span ? [stepOf(span, group)] : []
  })
  return steps.toSorted((a, b) => a.startUnixMs - b.startUnixMs)
}

function stepOf({ host, timeUnixMs, spanMs, body }: StoredRecord, group: readonly StoredRecord[]): RecordedStep {
  const span = decoded(body) as SpanBody
  const bodies = <Body>(wanted: RecordKind): Body[] =>
    group.filter(({ kind }) => kind === wanted).map((record) => decoded(record.body) as Body)
  const { spanNs, slowNs, idleShare, unseen, steps, books, folded = 0, leftOut } = span
  const observation: Observation = {
    spanNs,
    unseen,
    edges: bodies<EdgeCode>('edge').map((code) => decodeEdge(code)),
    failures: bodies<ConnectFailures>('failures'),
    lives: bodies<ConnectionLives>('lives'),
    retransmits: bodies<Retransmits>('retransmits'),
    drops: bodies<Drops>('drops'),
    pickups: bodies<SlowPickups>('pickups'),
    exchanges: bodies<LedgerCode>('exchange').map((code) => decodeLedger(code)),
    slowNs,
    threads: bodies<ThreadTimes>('thread'),
    slowTimes: bodies<SlowTimesBody>('slow-time')
      .flatMap((times) => slowTimesOf(times))
      .toSorted((a, b) => a.timeNs - b.timeNs),
    idleShare,
    series: span.series.map(([process, ...points]) => ({
      process: decodeProcess(process),
      points: pairsOf(points).map(([timeNs, bytes]) => ({ timeNs, bytes })),
    })),
    states: bodies<StatesBody>('states').flatMap((counts) => stateCountsOf(counts)),
    host: bodies<NonNullable<Observation['host']>>('host')[0],
    namespaces: bodies<NamespaceCode>('namespace').map((code) => decodeNamespace(code)),
  }
  return { host, startUnixMs: timeUnixMs, spanMs, steps, observation, books, folded, leftOut }
}

function slowTimesOf({ owner, what, times }: SlowTimesBody): SlowTime[] {
  return pairsOf(times).map(([timeNs, latencyNs]) => ({ timeNs, owner, what, latencyNs }))
}

function stateCountsOf({ netns, owner, states }: StatesBody): StateCount[] {
  return states.map(({ state, before, now, peer }) => ({ state, owner, netns, peer, before, now }))
}

function pairsOf(numbers: readonly number[]): [number, number][] {
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, i) => [
    numbers[2 * i] ?? 0,
    numbers[2 * i + 1] ?? 0,
  ])
}

/** A finding as it was recorded, in one step or in several. */
export interface RecordedFinding {
  host: string
  /** What was found and with whom, the same in every step. */
  key: string
  /** As it was when it was the weightiest; `sinceNs` is undefined. */
  finding: Finding
  /** Undefined: not known. */
  sinceUnixMs: number | undefined
  /** Of the first and the last step in which it was found. */
  fromUnixMs: number
  untilUnixMs: number
  steps: number
  /** 0: it came first in one of them. */
  order: number
}

/** What was found in each step, in the order of the records. */
export function findingsOf(records: readonly StoredRecord[]): RecordedFinding[] {
  return records
    .filter(({ kind }) => kind === 'finding')
    .map(({ host, key, timeUnixMs, spanMs, body }) => {
      const { sinceUnixMs, order, ...rest } = decoded(body) as FindingBody
      const finding: Finding = { ...rest, sinceNs: undefined }
      const untilUnixMs = timeUnixMs + spanMs
      return { host, key, finding, sinceUnixMs, fromUnixMs: timeUnixMs, untilUnixMs, steps: 1, order }
    })
}

/** What was found, and with whom, once for each host: first what came first in a diagnosis, then the weightiest. */
export function recordedFindings(records: readonly StoredRecord[]): RecordedFinding[] {
  return mergedFindings(findingsOf(records))
}

/** The same of what was read before. */
export function mergedFindings(found: readonly RecordedFinding[]): RecordedFinding[] {
  const all = new Map<string, RecordedFinding>()
  for (const one of found) {
    const known = all.get(`${one.host} ${one.key}`)
    all.set(`${one.host} ${one.key}`, known ? addedFindings(known, one) : one)
  }
  return [...all.values()].toSorted(
    (a, b) => a.order - b.order || b.steps * rankOf(b.finding) - a.steps * rankOf(a.finding),
  )
}

function addedFindings(sum: RecordedFinding, one: RecordedFinding): RecordedFinding {
  return {
    ...sum,
    finding: rankOf(one.finding) > rankOf(sum.finding) ? one.finding : sum.finding,
    sinceUnixMs: least(sum.sinceUnixMs, one.sinceUnixMs),
    fromUnixMs: Math.min(sum.fromUnixMs, one.fromUnixMs),
    untilUnixMs: Math.max(sum.untilUnixMs, one.untilUnixMs),
    steps: sum.steps + one.steps,
    order: Math.min(sum.order, one.order),
  }
}

function rankOf({ weight, confidence }: Finding): number {
  return weight * confidence
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

/** What took long or failed, in the order of the records. */
export function recordedIncidents(records: readonly StoredRecord[]): { host: string; incident: Incident }[] {
  return records
    .filter(({ kind }) => kind === 'incident')
    .map(({ host, body }) => ({ host, incident: decodeIncident(decoded(body) as IncidentCode) }))
}
