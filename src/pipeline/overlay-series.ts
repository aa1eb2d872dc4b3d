import { overlayFindings, type HostSeries, type Overlay, type OverlayReport } from '../diagnose/overlay-findings.ts'
import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { serviceOf } from '../model/container.ts'
import { stageNames, type EdgeActivity, type StageName } from '../model/edge.ts'
import { peerText } from '../model/edge-text.ts'
import type { NamespaceFacts } from '../model/host-facts.ts'
import type { Observation } from '../model/observation.ts'
import type { StoredRecord } from '../model/record.ts'
import type { RecordedStep } from '../store/recorded-steps.ts'
import type { HttpBody } from './http-overlay.ts'

/** Of a stage, in one step: fewer samples have no p95. */
const leastSamples = 5
/** Edges with the most samples. */
const maxEdges = 100

/** Of a step: one that begins that much before its time is still it. */
const earlyShare = 0.1

const stageTitles: Readonly<Record<StageName, string>> = {
  handshake: 'connect p95',
  acceptQueue: 'accept queue p95',
  send: 'send p95',
  pickup: 'pickup p95',
}

/** Values by name and step. */
class SeriesTable {
  readonly #length: number
  readonly #series = new Map<string, (number | undefined)[]>()

  constructor(length: number) {
    this.#length = length
  }

  /** Of several values in one step the greatest is kept. */
  set(name: string, step: number, value: number): void {
    const points = this.#series.get(name) ?? Array.from<number | undefined>({ length: this.#length })
    points[step] = Math.max(points[step] ?? -Infinity, value)
    this.#series.set(name, points)
  }

  /** What was not there in a step that was recorded was 0. */
  fillZeros(recorded: ReadonlySet<number>): void {
    for (const points of this.#series.values()) for (const step of recorded) points[step] ??= 0
  }

  all(): HostSeries[] {
    return [...this.#series].map(([name, points]) => ({ name, points }))
  }
}

/**
 * What moves with the p95 of HTTP services on one host; undefined where nothing was recorded of HTTP, or of the host.
 *
 * @param steps of the host, in the order of time
 * @param http its records of kind `http`; others are left out
 */
export function overlayReport(
  steps: readonly RecordedStep[],
  http: readonly StoredRecord[],
): OverlayReport | undefined {
  const overlay = overlayOf(steps, http)
  return overlay && overlayFindings(overlay)
}

/** The series that steps and records of one host are of. */
export function overlayOf(steps: readonly RecordedStep[], records: readonly StoredRecord[]): Overlay | undefined {
  const http = records.filter(({ kind }) => kind === 'http')
  if (http.length === 0 || steps.length === 0) return undefined
  const stepMs = usualSpanMs(steps)
  const fromUnixMs = Math.min(...steps.map(({ startUnixMs }) => startUnixMs))
  const indexOf = (unixMs: number): number => Math.floor((unixMs - fromUnixMs) / stepMs + earlyShare)
  const length = Math.max(...steps.map(({ startUnixMs }) => indexOf(startUnixMs))) + 1
  return {
    stepMs,
    http: httpSeries(http, indexOf, length),
    host: [...measured(steps, indexOf, length), ...counted(steps, indexOf, length)],
  }
}

/** The longest that a tenth of the steps have at least: some may have been rolled up, and one may have slept. */
function usualSpanMs(steps: readonly RecordedStep[]): number {
  const seconds = Map.groupBy(steps, ({ spanMs }) => Math.max(1, Math.round(spanMs / 1000)))
  const usual = [...seconds].filter(([, own]) => own.length * 10 >= steps.length).map(([second]) => second)
  return Math.max(...usual) * 1000
}

function httpSeries(
  records: readonly StoredRecord[],
  indexOf: (unixMs: number) => number,
  length: number,
): Overlay['http'] {
  const groups = Map.groupBy(records, ({ service }) => service)
  return [...groups].map(([service, own]) => {
    const table = new SeriesTable(length)
    let windowMs = 0
    for (const { timeUnixMs, body } of own) {
      const { p95Ms, windowMs: ownMs } = body as HttpBody
      const step = indexOf(timeUnixMs)
      if (step < 0 || step >= length) continue
      table.set(service, step, p95Ms)
      windowMs = Math.max(windowMs, ownMs)
    }
    return { service, p95Ms: table.all()[0]?.points ?? [], windowMs }
  })
}

/** p95s of stages and round trips, which are unknown while nothing happens. */
function measured(steps: readonly RecordedStep[], indexOf: (unixMs: number) => number, length: number): HostSeries[] {
  const table = new SeriesTable(length)
  const busiest = busiestEdges(steps)
  for (const { startUnixMs, observation } of steps) {
    const step = indexOf(startUnixMs)
    const groups = Map.groupBy(observation.edges, edgeName)
    for (const [name, activities] of groups) {
      if (!busiest.has(name)) continue
      for (const stage of stageNames) {
        const sum = new LogLinearHistogram()
        for (const { stages } of activities) sum.merge(stages[stage])
        const p95Ns = sum.count < leastSamples ? undefined : sum.quantileNs(0.95)
        if (p95Ns !== undefined) table.set(`${stageTitles[stage]} of ${name}`, step, p95Ns / 1e6)
      }
      for (const { rttUs } of activities)
        if (rttUs !== undefined) table.set(`round trip of ${name}`, step, rttUs / 1000)
    }
  }
  return table.all()
}

function busiestEdges(steps: readonly RecordedStep[]): Set<string> {
  const samples = new Map<string, number>()
  for (const { observation } of steps)
    for (const activity of observation.edges) {
      const count = stageNames.reduce((sum, stage) => sum + activity.stages[stage].count, 0)
      const name = edgeName(activity)
      samples.set(name, (samples.get(name) ?? 0) + count)
    }
  const ranked = [...samples].toSorted(([, a], [, b]) => b - a)
  return new Set(ranked.slice(0, maxEdges).map(([name]) => name))
}

/** `checkout → db:5432`, `clients → checkout:8080`: processes come and go, and clients of a server are many. */
function edgeName({ edge }: EdgeActivity): string {
  const service = edge.process ? serviceOf(edge.process) : '(others)'
  if (edge.role === 'server')
    return `clients → ${service}:${edge.port ?? '?'}${edge.protocol === 'udp' ? ' (udp)' : ''}`
  if (edge.role === 'any') return service
  return `${service} → ${peerText(edge).replace(/^(udp )?to /, '$1')}`
}

/** What is counted, and is 0 while nothing happens. */
function counted(steps: readonly RecordedStep[], indexOf: (unixMs: number) => number, length: number): HostSeries[] {
  const table = new SeriesTable(length)
  for (const { startUnixMs, observation } of steps) {
    const step = indexOf(startUnixMs)
    const sums = new Map<string, number>()
    const add = (name: string, value: number): void => void sums.set(name, (sums.get(name) ?? 0) + value)
    addCounts(observation, add)
    addHostFacts(observation, add)
    for (const { now, before } of observation.namespaces) addNamespace(now, before, add)
    for (const [name, value] of sums) table.set(name, step, value)
  }
  table.fillZeros(new Set(steps.map(({ startUnixMs }) => indexOf(startUnixMs))))
  return table.all()
}

type Add = (name: string, value: number) => void

function addCounts({ edges, states }: Observation, add: Add): void {
  for (const { edge, counts } of edges) {
    const service = edge.process ? serviceOf(edge.process) : '(others)'
    const retransmits = Object.values(counts.retransmits).reduce((sum, count) => sum + count, 0)
    if (retransmits > 0) add(`retransmits of ${service}`, retransmits)
    if (counts.failures > 0) add(`failed connects of ${service}`, counts.failures)
    if (counts.resetsSent + counts.resetsReceived > 0)
      add(`resets of ${service}`, counts.resetsSent + counts.resetsReceived)
    if (counts.zeroWindows > 0) add(`closed windows that ${service} met`, counts.zeroWindows)
  }
  for (const { state, owner, now } of states)
    if (state !== 'LISTEN' && state !== 'CLOSE') add(`${state} of ${owner ? serviceOf(owner) : '(unknown)'}`, now)
}

function addHostFacts({ host, idleShare }: Observation, add: Add): void {
  if (idleShare !== undefined) add('CPU use of the host', 1 - idleShare)
  if (!host) return
  const { before, now } = host
  for (const [name, title] of [
    ['cpu', 'CPU'],
    ['memory', 'memory'],
    ['io', 'disk'],
  ] as const) {
    const [was, is] = [before.pressure[name], now.pressure[name]]
    if (was && is) add(`${title} pressure of the host`, Math.max(0, is.some.totalUs - was.some.totalUs))
  }
  add('memory use of the host', now.memory.totalBytes - now.memory.availableBytes)
  add('packets dropped from the backlog', Math.max(0, now.softnet.dropped - before.softnet.dropped))
  add('receive loops that ran out of budget', Math.max(0, now.softnet.squeezed - before.softnet.squeezed))
}

function addNamespace(now: NamespaceFacts, before: NamespaceFacts | undefined, add: Add): void {
  if (now.conntrack) add('tracked flows of the host', now.conntrack.count)
  if (!before) return
  add('listen overflows of the host', Math.max(0, now.tcp.listenOverflows - before.tcp.listenOverflows))
  add('retransmits of the host', Math.max(0, now.tcp.retransSegs - before.tcp.retransSegs))
}
