import { cpuTicks } from '../../host/cpu-time.ts'
import type { ServiceRule } from '../../identity/identities.ts'
import type { SignalStatus } from '../../kernel/hook-choice.ts'
import type { Filter } from '../../model/filter.ts'
import { formatDuration } from '../../lib/duration.ts'
import { diagnose } from '../../diagnose/diagnose.ts'
import { Incidents } from '../../track/incidents.ts'
import { mergedObservation, type ObservedStep } from '../../track/merged-observation.ts'
import { ConnectionRoles } from '../../track/observed.ts'
import { shiftedObservation } from '../../track/shifted-observation.ts'
import type { ProgramRuns } from '../../kernel/probe-session.ts'
import type { Edge } from '../../model/edge.ts'
import type { LinkSide } from '../../track/links.ts'
import { CostWatch } from '../cost-watch.ts'
import { keepingIncidents } from '../incident-sinks.ts'
import { LinkFinder } from '../link-finder.ts'
import { observedWishes, type Snapshot } from '../observer.ts'
import { Snapshots } from '../snapshots.ts'
import { Watch, type WatchSinks } from '../watch.ts'
import type { AgentLog } from './agent-log.ts'
import type { AgentSecond, AgentSink, AgentStep } from './agent-sink.ts'
import { SinkSet } from './sink-set.ts'
import { StepObservation } from './step-observation.ts'

/** Of the recorder, and of everything else that the agent tells in steps. */
export const stepMs = 10_000
/** A diagnosis looks at so many steps. */
const diagnosedSteps = 6
const secondMs = 1000
/** Seconds may come late on a busy host; after that long the agent is not well. */
const mostSilentMs = 15_000
/** Of one CPU, that counting all sockets by state may take. */
const statesShare = 0.01

export interface AgentOptions {
  ringBytes: number
  /** What took longer is an incident. */
  slowNs: number
  /** What the user calls services, as it is now. */
  serviceOf: ServiceRule | undefined
  /** Of one CPU: beyond it signals are given up. */
  cpuBudget: number | undefined
  sinks: readonly AgentSink[]
  log: AgentLog
}

/** The recorder keeps 50 of a step: each that is told is one that can be found again. */
const incidentsOfSecond = { maxTaken: 5, maxOfStage: 3 }

const everything: Filter = {}

/** The step that gathers now. */
interface Current {
  step: StepObservation
}

/** Watches this host all the time: each second and each step of 10 s its sinks get what was seen. */
export class Agent {
  readonly #log: AgentLog
  readonly #watch: Watch
  readonly #snapshots: Snapshots
  readonly #incidents: Incidents
  readonly #roles: ConnectionRoles
  readonly #links: LinkFinder
  readonly #sinks: SinkSet
  readonly #cost: CostWatch | undefined
  readonly #steps: ObservedStep[] = []
  readonly #current: Current
  #stepEndUnixMs: number
  /** Of the last second that sinks were told of. */
  #toldNs: number
  /** The same by performance.now(). */
  #toldAtMs = performance.now()
  /** When counting the states is worth its cost again. */
  #nextStatesMs = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #turn: Promise<void> = Promise.resolve()

  private constructor(parts: {
    options: AgentOptions
    watch: Watch
    snapshots: Snapshots
    incidents: Incidents
    roles: ConnectionRoles
    links: LinkFinder
    current: Current
  }) {
    const { options, watch, snapshots, incidents, roles, links, current } = parts
    this.#log = options.log
    this.#watch = watch
    this.#snapshots = snapshots
    this.#incidents = incidents
    this.#roles = roles
    this.#links = links
    this.#current = current
    this.#sinks = new SinkSet(options.sinks, options.log)
    this.#toldNs = current.step.startNs
    this.#stepEndUnixMs = nextStepUnixMs(this.#unixMs(current.step.startNs))
    if (options.cpuBudget !== undefined)
      this.#cost = new CostWatch(watch, options.cpuBudget, (text) => this.#log('warning', text))
    this.#schedule()
  }

  /**
   * Attaches, learns what is there, and begins.
   *
   * @throws OperatorError where the kernel does not let it
   */
  static async start(options: AgentOptions): Promise<Agent> {
    const { ringBytes, serviceOf, slowNs } = options
    const snapshots = new Snapshots(everything, serviceOf)
    let watch: Watch | undefined
    try {
      const roles = new ConnectionRoles()
      const before = await snapshots.take()
      const unixNs = (timeNs: number): bigint => watch?.unixNs(timeNs) ?? 0n
      const incidents = new Incidents({ unixNs, ...incidentsOfSecond })
      const links = new LinkFinder(() => watch?.now() ?? 0)
      const current: Current = { step: new StepObservation(0, before, [], roles) }
      watch = await Watch.start(
        {
          ...observedWishes,
          signals: [...observedWishes.signals, 'udpPickup', 'udpSend'],
          isSparing: true,
          existingRows: true,
          isEndless: true,
          history: { overNs: slowNs },
          filter: everything,
          serviceOf,
          ringBytes,
        },
        sinksOf(current, incidents, links, slowNs),
      )
      return new Agent({ options, watch, snapshots, incidents, roles, links, current })
    } catch (error) {
      watch?.close()
      snapshots.close()
      throw error
    }
  }

  get signals(): readonly SignalStatus[] {
    return this.#watch.signals
  }

  /** Whom an edge talks to, where that is on this host. */
  linkOf(edge: Edge): LinkSide | undefined {
    return this.#links.of(edge)
  }

  /** What is the matter with the agent itself; undefined: nothing. */
  get problem(): string | undefined {
    const silentMs = performance.now() - this.#toldAtMs
    return silentMs > mostSilentMs ? `nothing was seen for ${formatDuration(silentMs * 1e6)}` : undefined
  }

  /** Run time and count of every program, while they are measured: with a CPU budget. */
  programRuns(): ProgramRuns[] {
    return this.#watch.programRuns()
  }

  /** From the next second on others are told; the old ones are closed. */
  async replaceSinks(sinks: readonly AgentSink[]): Promise<void> {
    await this.#sinks.replace(sinks)
  }

  #unixMs(timeNs: number): number {
    return Number(this.#watch.unixNs(timeNs) / 1_000_000n)
  }

  #schedule(): void {
    if (this.#isStopped) return
    const nowMs = Date.now()
    const waitMs = secondMs - (nowMs % secondMs)
    this.#timer = setTimeout(() => {
      this.#turn = this.#second()
        .catch((error: unknown) => this.#log('error', `a second was not told: ${(error as Error).message}`))
        .finally(() => this.#schedule())
    }, waitMs)
  }

  async #second(): Promise<void> {
    this.#watch.drain()
    const nowNs = this.#watch.now()
    const unixMs = this.#unixMs(nowNs)
    const activities = this.#watch.harvest()
    this.#current.step.add(activities, nowNs)
    const isStepEnd = unixMs >= this.#stepEndUnixMs || this.#isStopped
    const states = await this.#states(isStepEnd)
    const second: AgentSecond = {
      unixMs,
      spanMs: (nowNs - this.#toldNs) / 1e6,
      activities,
      states,
      incidents: this.#incidents.take(),
      books: this.#watch.books(),
    }
    this.#toldNs = nowNs
    this.#toldAtMs = performance.now()
    this.#sinks.onSecond(second)
    if (isStepEnd) await this.#endStep(nowNs, unixMs, states ?? [])
    this.#sinks.tellNotices()
  }

  /** Counts anew, but for where that would take too much of a CPU. */
  async #states(isForced: boolean): Promise<Snapshot['states'] | undefined> {
    const beginMs = performance.now()
    if (!isForced && beginMs < this.#nextStatesMs) return undefined
    const states = await this.#snapshots.states()
    const endMs = performance.now()
    this.#nextStatesMs = endMs + (endMs - beginMs) / statesShare - secondMs
    return states
  }

  async #endStep(nowNs: number, unixMs: number, states: Snapshot['states']): Promise<void> {
    const snapshot: Snapshot = { survey: await this.#snapshots.survey(), cpu: cpuTicks(), states }
    const ended = this.#current.step
    const { startNs } = ended
    const { observation, books } = ended.end(nowNs, snapshot, this.#watch.books(), this.#watch.signals)
    this.#current.step = new StepObservation(nowNs, snapshot, this.#watch.books(), this.#roles)
    this.#stepEndUnixMs = nextStepUnixMs(unixMs)
    const observed = shiftedObservation(observation, -startNs)
    this.#steps.push({ startNs, observation: observed })
    if (this.#steps.length > diagnosedSteps) this.#steps.shift()
    const step: AgentStep = {
      startUnixMs: this.#unixMs(startNs),
      spanMs: (nowNs - startNs) / 1e6,
      observation: observed,
      diagnosis: diagnose(mergedObservation(this.#steps)),
      diagnosedFromUnixMs: this.#unixMs(this.#steps[0]?.startNs ?? startNs),
      survey: snapshot.survey,
      books,
    }
    this.#sinks.onStep(step)
  }

  /** Tells the last second and step, and takes everything back from the kernel. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#turn
    clearTimeout(this.#timer)
    this.#cost?.stop()
    try {
      await this.#second()
    } finally {
      this.#links.close()
      this.#watch.close()
      this.#snapshots.close()
      await this.#sinks.close()
    }
  }
}

function nextStepUnixMs(unixMs: number): number {
  return (Math.floor(unixMs / stepMs) + 1) * stepMs
}

/** Every event goes to the step of its time, and what was slow to the incidents as well. */
function sinksOf(current: Current, incidents: Incidents, links: LinkFinder, slowNs: number): WatchSinks {
  const step = (): WatchSinks => current.step.observer.sinks
  const sinks: WatchSinks = {
    onConnection: (event) => {
      step().onConnection?.(event)
      links.add(event)
    },
    onExisting: (connection) => links.add(connection),
    onPickup: (sample) => step().onPickup?.(sample),
    onSend: (sample) => step().onSend?.(sample),
    onPacket: (event) => step().onPacket?.(event),
    onLedger: (ledger) => step().onLedger?.(ledger),
  }
  return keepingIncidents(sinks, incidents, slowNs)
}
