import { inTurns } from '../lib/in-turns.ts'
import { OperatorError } from '../lib/operator-error.ts'
import type { FleetGrouping, FleetMeasure, FleetMember, FleetReading } from '../model/fleet.ts'
import {
  findingsQuery,
  fleetQueries,
  knownQuery,
  lastHeardQuery,
  reportingQuery,
  upQuery,
  type FleetQuery,
} from './fleet-queries.ts'
import { fillZeros } from './measures.ts'
import type { PrometheusClient, PrometheusSample } from './prometheus-client.ts'
import { stateMeasures } from './state-measures.ts'

/** Of so many questions at once. */
const concurrency = 4

/** So many that report nothing are asked when they did last. */
const maxLastHeard = 50

export interface FleetWishes {
  by: FleetGrouping
  spanMs: number
  /** Told after each question. */
  onProgress?: (asked: number, all: number) => void
}

interface Draft {
  labels: PrometheusSample['labels']
  status: FleetMember['status']
  lastUnixMs: number | undefined
  values: Partial<Record<FleetMeasure, number>>
  causes: string[]
}

/**
 * Every host or service that a Prometheus knows metrics of wirelag of.
 *
 * @throws OperatorError where it cannot be asked, or knows none
 */
export async function prometheusFleet(
  client: PrometheusClient,
  { by, spanMs, onProgress }: FleetWishes,
): Promise<FleetReading> {
  const unixMs = Date.now()
  const warnings = new Set<string>()
  const queries = fleetQueries(by, spanMs)
  let asked = 0
  const ask = async (query: string): Promise<readonly PrometheusSample[]> => {
    const answer = await client.vector(query)
    for (const warning of answer.warnings) warnings.add(`${client.shownUrl} warns: ${warning}`)
    onProgress?.(++asked, queries.length + 2)
    return answer.data
  }
  const drafts = new Map<string, Draft>()
  for (const { labels } of await ask(reportingQuery(by))) draftOf(drafts, by, labels)
  if (by === 'host') await addMissing(drafts, ask)
  if (drafts.size === 0)
    throw new OperatorError(
      'WIRELAG_NO_FLEET',
      [`${client.shownUrl} has no metrics of wirelag`, ...warnings].join('; '),
      {
        advice: 'Does it scrape the agents (/metrics)? docs/fleet.md says how.',
      },
    )
  const failures: unknown[] = []
  const tried = async ({ query, add }: Question): Promise<void> => {
    try {
      for (const sample of await ask(query)) add(sample)
    } catch (error) {
      failures.push(error)
      warnings.add(`a part is missing: ${(error as Error).message}`)
    }
  }
  const questions = questionsOf(queries, drafts, by)
  await inTurns(questions, concurrency, tried)
  if (failures.length === questions.length) throw failures[0]
  fillZeros([...drafts.values()])
  return {
    by,
    kind: 'prometheus',
    source: client.shownUrl,
    unixMs,
    spanMs,
    members: membersOf([...drafts.values()], by),
    warnings: [...warnings],
  }
}

interface Question {
  query: string
  add: (sample: PrometheusSample) => void
}

function questionsOf(queries: readonly FleetQuery[], drafts: Map<string, Draft>, by: FleetGrouping): Question[] {
  const valuesOf = (labels: PrometheusSample['labels']): Draft['values'] => draftOf(drafts, by, labels)?.values ?? {}
  const measured = queries.map(({ measure, query }) => ({
    query,
    add: ({ labels, value }: PrometheusSample): void => {
      const wanted = measure ?? stateMeasures[labels['state'] ?? '']
      if (wanted) valuesOf(labels)[wanted] = value
    },
  }))
  const addCause = ({ labels, value }: PrometheusSample): void => {
    const draft = draftOf(drafts, by, labels)
    if (!draft) return
    draft.values.findings = (draft.values.findings ?? 0) + value
    draft.causes.push(labels['cause'] ?? '?')
  }
  return [...measured, { query: findingsQuery(by), add: addCause }]
}

/** What a sample belongs to; undefined: to no service. */
function draftOf(drafts: Map<string, Draft>, by: FleetGrouping, labels: PrometheusSample['labels']): Draft | undefined {
  const key = keyOf(labels, by)
  if (key === undefined) return undefined
  const draft = drafts.get(key) ?? { labels, status: 'reporting', lastUnixMs: undefined, values: {}, causes: [] }
  drafts.set(key, draft)
  return draft
}

/** A host is told by the target that it is scraped at, as only some of its metrics have its name; else by that. */
function keyOf(labels: PrometheusSample['labels'], by: FleetGrouping): string | undefined {
  if (by === 'service') return serviceOf(labels)
  const { host, host_name: otelHost, instance, job } = labels
  return JSON.stringify(instance ? [instance, job] : [host ?? otelHost])
}

/** Undefined: of none, or of all that found no room in an agent's budget of series, or that nobody is known to hold. */
function serviceOf(labels: PrometheusSample['labels']): string | undefined {
  const service = labels['exported_service'] ?? labels['service']
  return service === undefined || service === 'other' || service === 'unknown' ? undefined : service
}

/** Who reported a while ago; and targets of the same jobs that do not answer, whether they ever did or not. */
async function addMissing(
  drafts: Map<string, Draft>,
  ask: (query: string) => Promise<readonly PrometheusSample[]>,
): Promise<void> {
  const known = await ask(knownQuery)
  const up = await ask(upQuery)
  const target = ({ instance = '', job = '' }: PrometheusSample['labels']): string => `${instance}\n${job}`
  const isUp = new Map(up.map(({ labels, value }) => [target(labels), value > 0]))
  for (const { labels } of known) {
    if (drafts.has(keyOf(labels, 'host')!)) continue
    const draft = draftOf(drafts, 'host', labels)!
    draft.status = isUp.get(target(labels)) === false ? 'down' : 'silent'
  }
  const jobs = new Set(known.map(({ labels }) => labels['job']))
  const targets = new Map([...drafts.values()].map((draft) => [target(draft.labels), draft]))
  for (const { labels, value } of up) {
    if (value > 0 || !jobs.has(labels['job'])) continue
    const draft = targets.get(target(labels)) ?? draftOf(drafts, 'host', labels)!
    draft.status = 'down'
  }
  await addLastHeard(drafts, ask)
}

async function addLastHeard(
  drafts: ReadonlyMap<string, Draft>,
  ask: (query: string) => Promise<readonly PrometheusSample[]>,
): Promise<void> {
  const missing = [...drafts.values()].filter(({ status }) => status !== 'reporting').slice(0, maxLastHeard)
  for (const label of ['instance', 'host', 'host_name'] as const) {
    const values = missing.flatMap(({ labels }) => (nameLabelOf(labels) === label ? (labels[label] ?? []) : []))
    if (values.length === 0) continue
    for (const { labels, value } of await ask(lastHeardQuery(label, values))) {
      const draft = drafts.get(keyOf(labels, 'host')!)
      if (draft && draft.status !== 'reporting') draft.lastUnixMs = value * 1000
    }
  }
}

/** By which it can be told from others. */
function nameLabelOf({ host, host_name: otelHost, instance }: PrometheusSample['labels']): string {
  return instance ? 'instance' : host ? 'host' : otelHost ? 'host_name' : ''
}

function membersOf(drafts: readonly Draft[], by: FleetGrouping): FleetMember[] {
  const names = drafts.map(({ labels }) => (by === 'service' ? (serviceOf(labels) ?? '') : hostOf(labels)))
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  const members = drafts.map(({ labels, status, lastUnixMs, values, causes }, i) => {
    const name = names[i]!
    const { instance = '', job = '' } = labels
    const isAlone = counts.get(name) === 1
    return {
      name: isAlone ? name : instance === name ? `${name} (${job})` : instance || `${name} (${job})`,
      status,
      lastUnixMs,
      values: status === 'reporting' ? values : {},
      causes: causes.toSorted(),
    }
  })
  return members.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** What the metrics say, else where they come from: `edge-07` of `edge-07:9474`. */
function hostOf({ host, host_name: otelHost, instance = '' }: PrometheusSample['labels']): string {
  return host || otelHost || instance.replace(/:\d+$/, '') || '(no instance)'
}
