import { readlinkSync } from 'node:fs'
import { release } from 'node:os'
import type { SignalStatus } from '../../kernel/hook-choice.ts'
import type { ProgramRuns } from '../../kernel/probe-session.ts'
import type { Book } from '../../model/book.ts'
import { retransmitTypes, type Edge, type EdgeActivity } from '../../model/edge.ts'
import { causes, type Cause, type Diagnosis } from '../../model/finding.ts'
import type { MetricFamily, MetricSnapshot } from '../../model/metric.ts'
import type { ConnectFailures, StateCount } from '../../model/observation.ts'
import type { AgentSecond, AgentSink, AgentStep } from '../agent/agent-sink.ts'
import { EdgeSubjects } from './edge-subjects.ts'
import { FailureErrors, unknownError } from './failure-errors.ts'
import { FoldedSeries } from './folded-series.ts'
import { HostCounters, hostFamily } from './host-counters.ts'
import { IncidentExemplars } from './incident-exemplars.ts'
import { edgeMetrics, type EdgeMetricName } from './metric-definitions.ts'
import { SeriesBudget } from './series-budget.ts'
import { SeriesFamily } from './series-family.ts'
import { edgeSubject, ownerSubject, type LinkOf, type Subject } from './subject.ts'

export const defaultMaxSeries = 2000
/** Of the host and of wirelag itself, and `other` of every metric: they are always there. */
export const reservedSeries = 360
/** Those with the most time. */
const maxPrograms = 64

export interface MetricRegistryOptions {
  /** What this host is called. */
  host: string
  version: string
  /** As Prometheus counts: a histogram is many. */
  maxSeries?: number | undefined
  /** Whom an edge talks to on this host. */
  linkOf?: LinkOf | undefined
  /** How each is watched now. */
  signals?: (() => readonly SignalStatus[]) | undefined
  /** Time of each program so far, while it is measured. */
  programRuns?: (() => readonly ProgramRuns[]) | undefined
  /** Further metrics, such as those of other sinks. */
  sources?: readonly (() => readonly MetricFamily[])[] | undefined
  startUnixMs?: number | undefined
  /** Inode of the host's own network namespace; default: init's. */
  hostNetns?: number | undefined
}

/** Everything that leaves as metrics, summed from the agent's start on. */
export class MetricRegistry implements AgentSink {
  readonly name = 'metrics'
  readonly #options: MetricRegistryOptions
  readonly #startUnixMs: number
  readonly #budget: SeriesBudget
  readonly #folded = new FoldedSeries()
  readonly #families: Record<EdgeMetricName, SeriesFamily>
  readonly #subjects: EdgeSubjects
  readonly #failures = new FailureErrors()
  readonly #exemplars = new IncidentExemplars()
  readonly #host: HostCounters
  readonly #books = new Map<string, Book>()
  #findings = new Map<Cause, number>()
  #unixMs: number
  /** Grows with every change, so that what was rendered can be used until then. */
  version = 0

  constructor(options: MetricRegistryOptions) {
    this.#options = options
    this.#startUnixMs = options.startUnixMs ?? Date.now()
    this.#unixMs = this.#startUnixMs
    const names = Object.keys(edgeMetrics) as EdgeMetricName[]
    this.#budget = new SeriesBudget(Math.max(0, (options.maxSeries ?? defaultMaxSeries) - reservedSeries), names.length)
    this.#families = Object.fromEntries(
      names.map((name) => [name, new SeriesFamily(edgeMetrics[name], this.#budget, this.#folded)]),
    ) as Record<EdgeMetricName, SeriesFamily>
    this.#subjects = new EdgeSubjects(options.linkOf)
    this.#host = new HostCounters(options.hostNetns ?? initNetns())
  }

  onSecond(second: AgentSecond): void {
    this.version++
    this.#unixMs = second.unixMs
    for (const activity of second.activities) this.#addActivity(activity)
    if (second.states) this.#setStates(second.states)
    this.#exemplars.add(second.incidents, second.activities, this.#subjectOf, (metric, subject, exemplar) =>
      this.#families[metric].exemplify(subject, exemplar),
    )
    for (const book of second.books) this.#setBook(book)
  }

  onStep({ observation, diagnosis, survey }: AgentStep): void {
    this.version++
    for (const failures of observation.failures)
      this.#failures.tell(edgeSubject(edgeOfFailures(failures)).key, failures.error, failures.count)
    for (const { subject, error, count } of this.#failures.settle())
      this.#families.tcpFailures.add(subject, count, this.#unixMs, error)
    this.#setFindings(diagnosis)
    if (survey) this.#host.add(survey)
    for (const family of Object.values(this.#families)) family.sweep(this.#unixMs)
  }

  readonly #subjectOf = (edge: Edge): Subject => this.#subjects.of(edge, this.#unixMs)

  #addActivity(activity: EdgeActivity): void {
    const subject = this.#subjectOf(activity.edge)
    const count = (metric: EdgeMetricName, value: number, own?: string): void =>
      this.#families[metric].add(subject, value, this.#unixMs, own)
    this.#addStages(subject, activity)
    const { counts } = activity
    if (activity.edge.protocol === 'udp') {
      count('udpSentBytes', counts.sentBytes)
      count('udpDrops', counts.drops)
      return
    }
    count('tcpSentBytes', counts.sentBytes)
    count('tcpStall', counts.stallNs / 1e9)
    for (const type of retransmitTypes) count('tcpRetransmits', counts.retransmits[type], type)
    count('tcpResets', counts.resetsSent, 'sent')
    count('tcpResets', counts.resetsReceived, 'received')
    if (counts.failures > 0) this.#countFailures(activity.edge, subject, counts.failures)
  }

  #countFailures(edge: Edge, subject: Subject, count: number): void {
    // By the peer's port: whom the edge talks to may become known in between.
    if (!this.#failures.count(edgeSubject(edge).key, subject, count))
      this.#families.tcpFailures.add(subject, count, this.#unixMs, unknownError)
  }

  #addStages(subject: Subject, { edge, stages, rttUs }: EdgeActivity): void {
    const { handshake, acceptQueue, send, pickup } = stages
    const merge = (metric: EdgeMetricName, stage: typeof send): void => {
      if (stage.count > 0) this.#families[metric].histogram(subject, this.#unixMs).merge(stage)
    }
    if (edge.protocol === 'udp') {
      merge('udpSendBlock', send)
      merge('udpReceivePickup', pickup)
      return
    }
    merge('tcpHandshake', handshake)
    merge('tcpAcceptQueue', acceptQueue)
    merge('tcpSendBlock', send)
    merge('tcpReceivePickup', pickup)
    if (rttUs !== undefined) this.#families.tcpRtt.histogram(subject, this.#unixMs).record(rttUs * 1000)
  }

  #setStates(states: readonly Omit<StateCount, 'before'>[]): void {
    this.#families.tcpConnections.clear()
    for (const { state, owner, now } of states)
      this.#families.tcpConnections.add(ownerSubject(owner), now, this.#unixMs, state)
  }

  /** One that counts less than before was read while events were under way: the one before holds. */
  #setBook(book: Book): void {
    const before = this.#books.get(book.signal)
    const hasFallen =
      before &&
      (['delivered', 'lost', 'filtered', 'invalid', 'attempted'] as const).some((name) => book[name] < before[name])
    if (!hasFallen) this.#books.set(book.signal, book)
  }

  #setFindings({ findings }: Diagnosis): void {
    this.#findings = new Map()
    for (const { cause } of findings) this.#findings.set(cause, (this.#findings.get(cause) ?? 0) + 1)
  }

  /** Everything as it is now. Its histograms go on counting: use it before anything else happens. */
  snapshot(): MetricSnapshot {
    return {
      unixMs: this.#unixMs,
      startUnixMs: this.#startUnixMs,
      host: this.#options.host,
      families: [
        ...Object.values(this.#families).map((family) => family.family()),
        ...this.#host.families(),
        hostFamily(
          'findings',
          causes.map((cause) => ({ labels: { cause }, value: this.#findings.get(cause) ?? 0 })),
        ),
        ...this.#signalFamilies(),
        ...this.#selfFamilies(),
        ...(this.#options.sources ?? []).flatMap((source) => source()),
      ],
    }
  }

  #signalFamilies(): MetricFamily[] {
    const books = [...this.#books.values()]
    const told = (name: 'attempted' | 'delivered' | 'filtered' | 'invalid'): MetricFamily['points'] =>
      books.map(({ signal, [name]: value }) => ({ labels: { signal }, value }))
    return [
      hostFamily(
        'probeStatus',
        (this.#options.signals?.() ?? []).map(({ signal, status, hooks }) => ({
          labels: { signal, hook: hooks.join('+') || 'none' },
          value: { on: 1, degraded: 0.5, off: 0 }[status],
        })),
      ),
      hostFamily('eventsAttempted', told('attempted')),
      hostFamily('eventsDelivered', told('delivered')),
      hostFamily(
        'eventsLost',
        books.map(({ signal, lost }) => ({ labels: { signal, where: 'kernel' }, value: lost })),
      ),
      hostFamily('eventsFiltered', told('filtered')),
      hostFamily('eventsInvalid', told('invalid')),
    ]
  }

  #selfFamilies(): MetricFamily[] {
    const { host, version, programRuns } = this.#options
    const programs = (programRuns?.() ?? []).filter(({ runNs }) => runNs > 0)
    const { user, system } = process.cpuUsage()
    const one = (value: number): MetricFamily['points'] => [{ labels: {}, value }]
    return [
      hostFamily('seriesFolded', one(this.#folded.count)),
      hostFamily('series', one(this.#budget.usedSeries)),
      hostFamily(
        'bpfRun',
        programs
          .toSorted((a, b) => b.runNs - a.runNs)
          .slice(0, maxPrograms)
          .map(({ program, runNs }) => ({ labels: { program }, value: runNs / 1e9 })),
      ),
      hostFamily('buildInfo', [
        { labels: { version, host, node: process.versions.node, kernel: release() }, value: 1 },
      ]),
      hostFamily('agentCpu', one((user + system) / 1e6)),
      hostFamily('agentMemory', one(process.memoryUsage.rss())),
      hostFamily('agentStart', one(this.#startUnixMs / 1000)),
    ]
  }
}

/** The edge that failed connects are counted at. */
function edgeOfFailures({ owner, socket }: ConnectFailures): Edge {
  const { pid, processStartNs: startNs, comm, identity } = owner
  return {
    process: { pid, startNs, comm, ...(identity ? { identity } : {}) },
    protocol: 'tcp',
    role: 'client',
    peerAddress: socket.peer.address,
    port: socket.peer.port,
    netns: socket.netns,
  }
}

/** That of init, or of kthreadd, which is not as well guarded. */
function initNetns(): number | undefined {
  for (const pid of [1, 2]) {
    try {
      return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0])
    } catch {
      // Not ours to look at, or without /proc.
    }
  }
  return undefined
}
