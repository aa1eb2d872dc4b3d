import type { CpuTicks } from '../host/cpu-time.ts'
import { threadSpent, type ThreadSpent } from '../host/thread-times.ts'
import type { SignalStatus } from '../kernel/hook-choice.ts'
import type { HostFacts, Survey } from '../model/host-facts.ts'
import type { Ledger } from '../model/ledger.ts'
import { processKey } from '../model/edge-text.ts'
import type { EdgeActivity, EdgeProcess } from '../model/edge.ts'
import type { Observation, SlowTime, StateCount, ThreadTimes } from '../model/observation.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import { ObservedEvents, type ConnectionRoles } from '../track/observed.ts'
import type { KernelWishes } from './kernel-config.ts'
import type { WatchOptions, WatchSinks } from './watch.ts'

/** Requests and replies that took longer have a ledger; waits of received data that were longer are told one by one. */
const slowExchangeNs = 20e6
const slowPickupNs = 5e6
const maxExchanges = 10_000
const maxThreads = 1024
const maxSlowTimes = 100_000
/** Between two looks at the threads of slow readers. */
const lookNs = 900e6

/** What a watch must look for, so that a diagnosis can be made of it. */
export const observedWishes = {
  slowNs: undefined,
  aggregate: 'edge',
  pickupRows: { overNs: slowPickupNs },
  sendRows: { overNs: slowPickupNs },
  deliversCounts: true,
  packetRows: true,
  ledger: { exchangesOverNs: slowExchangeNs, exchangesOnly: true },
  signals: ['connect', 'accept', 'close', 'pickup', 'send', 'retransmit', 'reset', 'drop'],
} as const satisfies Omit<KernelWishes, 'filter'> & Pick<WatchOptions, 'signals' | 'deliversCounts'>

/** Socket states, and facts of the host, at one moment. */
export interface Snapshot {
  survey: Survey | undefined
  cpu: CpuTicks
  states: readonly Omit<StateCount, 'before'>[]
}

interface WatchedThread {
  pid: number
  tid: number
  first: ThreadSpent
  firstNs: bigint
  /** When it was last looked at. */
  last: ThreadSpent
  lastNs: bigint
}

/** Collects what a diagnosis is made of, from one snapshot to another. */
export class Observer {
  readonly #events: ObservedEvents
  readonly #exchanges: Ledger[] = []
  readonly #threads = new Map<string, WatchedThread>()
  readonly #slowTimes: SlowTime[] = []
  readonly #series = new Map<string, { process: EdgeProcess; points: { timeNs: number; bytes: number }[] }>()
  /** When the threads were last looked at, in nanoseconds after the session's epoch. */
  #lookedNs = 0
  readonly sinks: WatchSinks = {
    onConnection: (event) => this.#events.addConnection(event),
    onPacket: (event) => this.#events.addPacket(event),
    onPickup: (sample) => {
      this.#events.addPickup(sample)
      const { timeNs, reader: owner, latencyNs } = sample
      this.#noteSlow({ timeNs, owner, what: 'pickup', latencyNs })
      this.#watchThread(sample)
    },
    onSend: ({ timeNs, sender: owner, latencyNs }) => this.#noteSlow({ timeNs, owner, what: 'send', latencyNs }),
    onLedger: (ledger) => {
      const { span, timeNs, owner, wallNs: latencyNs } = ledger
      if (span === 'request' && owner) this.#noteSlow({ timeNs, owner, what: 'request', latencyNs })
      if (this.#exchanges.length < maxExchanges) this.#exchanges.push(ledger)
    },
  }

  /** @param roles what is known of connections that began before */
  constructor(roles?: ConnectionRoles) {
    this.#events = new ObservedEvents(roles)
  }

  #noteSlow(time: SlowTime): void {
    if (this.#slowTimes.length < maxSlowTimes) this.#slowTimes.push(time)
  }

  /** Takes what a harvest brought, so that it is known when each process sent. */
  addHarvest(activities: readonly EdgeActivity[], timeNs: number): void {
    if (timeNs - this.#lookedNs >= lookNs) {
      this.#lookedNs = timeNs
      this.#lookAtThreads()
    }
    for (const { edge, counts } of activities) {
      if (!edge.process || counts.sentBytes === 0) continue
      const key = processKey(edge.process)
      const series = this.#series.get(key) ?? { process: edge.process, points: [] }
      if (!this.#series.has(key) && this.#series.size >= maxThreads) continue
      this.#series.set(key, series)
      const last = series.points.at(-1)
      if (last?.timeNs === timeNs) last.bytes += counts.sentBytes
      else if (series.points.length < maxSlowTimes) series.points.push({ timeNs, bytes: counts.sentBytes })
    }
  }

  /** From the first time that it was slow. */
  #watchThread({ reader: { pid, tid } }: PickupSample): void {
    const key = `${pid} ${tid}`
    if (this.#threads.has(key) || this.#threads.size >= maxThreads) return
    const first = threadSpent(pid, tid)
    const nowNs = process.hrtime.bigint()
    if (first) this.#threads.set(key, { pid, tid, first, firstNs: nowNs, last: first, lastNs: nowNs })
  }

  /** So that something is known of those that end. */
  #lookAtThreads(): void {
    for (const thread of this.#threads.values()) {
      const last = threadSpent(thread.pid, thread.tid)
      if (last) Object.assign(thread, { last, lastNs: process.hrtime.bigint() })
    }
  }

  /** How the slow readers' threads have spent their time since, as far as they were there. */
  #threadTimes(host: { before: HostFacts; now: HostFacts } | undefined): ThreadTimes[] {
    this.#lookAtThreads()
    return [...this.#threads.values()].map(({ pid, tid, first, firstNs, last, lastNs }) => ({
      pid,
      tid,
      ranNs: last.ranNs - first.ranNs,
      waitedNs: last.waitedNs - first.waitedNs,
      throttledNs: throttledNs(last.cpuCgroup, host),
      spanNs: Number(lastNs - firstNs),
    }))
  }

  /**
   * What was seen.
   *
   * @param spanNs between the snapshots
   * @param isWanted whether a network namespace is looked at
   * @param signals how each was seen
   */
  observation(
    edges: readonly EdgeActivity[],
    spanNs: number,
    before: Snapshot,
    now: Snapshot,
    isWanted: (netns: number) => boolean,
    signals: readonly SignalStatus[],
  ): Observation {
    const host = before.survey && now.survey && { before: before.survey.host, now: now.survey.host }
    const { failures, lives, retransmits, drops, pickups } = this.#events
    return {
      spanNs,
      unseen: signals.flatMap(({ signal, title, status }) => (status === 'off' ? { signal, title } : [])),
      edges,
      failures,
      lives,
      retransmits,
      drops,
      pickups,
      exchanges: this.#exchanges,
      slowNs: slowExchangeNs,
      threads: this.#threadTimes(host),
      slowTimes: this.#slowTimes,
      idleShare: idleShare(before.cpu, now.cpu),
      series: [...this.#series.values()],
      states: now.states
        .filter(({ netns }) => isWanted(netns))
        .map((state) => ({ ...state, before: countBefore(state, before.states) })),
      host,
      namespaces: (now.survey?.namespaces ?? [])
        .filter(({ netns }) => isWanted(netns))
        .map((namespace) => ({
          before: before.survey?.namespaces.find(({ netns }) => netns === namespace.netns),
          now: namespace,
        })),
    }
  }
}

function idleShare(before: CpuTicks, now: CpuTicks): number | undefined {
  return now.all > before.all ? (now.idle - before.idle) / (now.all - before.all) : undefined
}

function countBefore(state: Omit<StateCount, 'before'>, before: Snapshot['states']): number {
  const same = before.find(
    (other) =>
      other.state === state.state &&
      other.netns === state.netns &&
      other.owner?.pid === state.owner?.pid &&
      other.owner?.processStartNs === state.owner?.processStartNs,
  )
  return same?.now ?? 0
}

/** Of the cgroup and those that it is in. */
function throttledNs(cgroup: string | undefined, host: { before: HostFacts; now: HostFacts } | undefined): number {
  if (cgroup === undefined || !host) return 0
  const sumOf = ({ cgroupThrottling }: HostFacts): number =>
    cgroupThrottling
      .filter(({ path }) => path !== '/' && (cgroup === path || cgroup.startsWith(`${path}/`)))
      .reduce((sum, throttling) => sum + throttling.throttledNs, 0)
  return sumOf(host.now) - sumOf(host.before)
}
