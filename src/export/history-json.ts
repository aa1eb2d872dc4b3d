import type { Change, ChangeSubject, ChangeUnit } from '../model/change.ts'
import type { Diagnosis } from '../model/finding.ts'
import type { Incident } from '../model/incident.ts'
import type { StateSurvey } from '../model/socket-state.ts'
import type { TopRow } from '../model/top-row.ts'
import { diagnosisJson } from './finding-json.ts'
import { identityJson } from './identity-json.ts'
import { ledgerJson, socketJson, taskJson, us } from './ndjson.ts'
import { statesJson } from './states-json.ts'
import { topJson } from './top-json.ts'

interface Span {
  fromUnixMs: number
  toUnixMs: number
}

/** How much of a time was recorded of a host. */
export interface RecordedFacts {
  host: string
  window: Span
  observation: { spanNs: number }
  gaps: readonly Span[]
  lost: readonly { signal: string; lost: number; attempted: number }[]
  leftOut: Readonly<Record<string, number>>
  folded: number
}

/** What went on in it. */
export interface HistoryFacts extends RecordedFacts {
  diagnosis: Diagnosis
  /** From when the times of findings count. */
  startUnixMs: number
  services: readonly TopRow[]
  edges: readonly TopRow[]
  states: StateSurvey
  figures: readonly { measure: string; unit: ChangeUnit; value: number; subject: ChangeSubject }[]
  incidents: readonly Incident[]
}

/** `kind: moment`: what went on on one host at a time. */
export function momentJson(facts: HistoryFacts): Record<string, unknown> {
  const { window, observation, diagnosis, services, edges, states, figures, incidents } = facts
  const unixNs = unixNsOf(window.fromUnixMs)
  const { findings, ruledOut, unjudged } = diagnosisJson(diagnosis, observation.spanNs, unixNs, facts.startUnixMs)
  return {
    kind: 'moment',
    ...recordedJson(facts),
    findings,
    ruledOut,
    unjudged,
    services: topJson(services, observation.spanNs, unixNs)['rows'],
    edges: topJson(edges, observation.spanNs, unixNs)['rows'],
    states: statesJson(states)['rows'],
    facts: figures.map(({ measure, unit, value, subject: { netns } }) => ({
      measure,
      ...figureJson('value', value, unit),
      netns,
    })),
    incidents: incidents.map((incident) => incidentJson(incident)),
  }
}

export function recordedJson({
  host,
  window,
  observation,
  gaps,
  lost,
  leftOut,
  folded,
}: RecordedFacts): Record<string, unknown> {
  return {
    host,
    ...spanJson(window),
    recordedMs: observation.spanNs / 1e6,
    gaps: gaps.map((gap) => spanJson(gap)),
    lost,
    leftOut,
    foldedEdges: folded || undefined,
  }
}

function spanJson({ fromUnixMs, toUnixMs }: Span): Record<string, unknown> {
  return { fromUnixNs: String(unixNsOf(fromUnixMs)), toUnixNs: String(unixNsOf(toUnixMs)) }
}

/** `kind: incident`: one thing that took long or failed. */
export function incidentJson({ id, unixNs, connectionId, sample, ledger, history }: Incident): Record<string, unknown> {
  const unixNsAt = (timeNs: number): string => String(unixNs + BigInt(Math.round(timeNs - sample.timeNs)))
  return {
    kind: 'incident',
    timeUnixNs: String(unixNs),
    id,
    ...taskJson(sample.task),
    ...socketJson(sample.socket),
    connectionId,
    protocol: sample.protocol,
    what: sample.what,
    latencyUs: us(sample.latencyNs),
    isLowerBound: sample.isLowerBound || undefined,
    detail: sample.detail || undefined,
    ledger: ledger && ledgerJson(ledger, BigInt(unixNsAt(ledger.timeNs))),
    history: history && {
      trigger: history.trigger,
      forgotten: history.forgotten,
      events: history.events.map(({ timeNs, what, durationNs, bytes, detail }) => ({
        timeUnixNs: unixNsAt(timeNs),
        what,
        durationUs: us(durationNs),
        bytes,
        detail: detail || undefined,
      })),
    },
  }
}

/** `kind: diff`: what moved on one host between two times, the most first. */
export function diffJson(
  before: RecordedFacts,
  after: RecordedFacts,
  changes: readonly Change[],
): Record<string, unknown> {
  return {
    kind: 'diff',
    host: after.host,
    before: { ...recordedJson(before), host: undefined },
    after: { ...recordedJson(after), host: undefined },
    changes: changes.map(({ subject, measure, unit, before: from, after: to, samples, score }) => ({
      measure,
      ...figureJson('before', from, unit),
      ...figureJson('after', to, unit),
      ...identityJson({ service: subject.service, container: subject.container } as Parameters<typeof identityJson>[0]),
      peer: subject.peer,
      netns: subject.netns,
      samples: Math.round(samples),
      score,
    })),
  }
}

const suffixes: Record<ChangeUnit, string> = {
  ns: 'Us',
  perSecond: 'PerS',
  bytesPerSecond: 'BytesPerS',
  count: '',
  share: 'Share',
  bytes: 'Bytes',
}

/** With its unit at the end of its name: `beforeUs`, `afterPerS`. */
function figureJson(name: string, value: number, unit: ChangeUnit): Record<string, unknown> {
  return { [`${name}${suffixes[unit]}`]: unit === 'ns' ? us(value) : value }
}

function unixNsOf(unixMs: number): bigint {
  return BigInt(Math.round(unixMs)) * 1_000_000n
}
