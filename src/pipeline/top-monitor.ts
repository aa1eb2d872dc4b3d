import type { ConnectionEvent, ExistingConnection } from '../model/connection-event.ts'
import { ReverseNames } from '../host/reverse-names.ts'
import type { Edge, EdgeActivity } from '../model/edge.ts'
import type { SlowSample } from '../model/slow-sample.ts'
import type { TopGrouping, TopRow } from '../model/top-row.ts'
import { EdgeWindow } from '../track/edge-window.ts'
import { SlowSamples, slowSamplesOf } from '../track/slow-samples.ts'
import { topRows } from '../track/top-rows.ts'
import { LinkFinder } from './link-finder.ts'
import type { WatchSinks } from './watch.ts'

/** What happened in a window of time. */
export interface TopSnapshot {
  /** Its end, in nanoseconds after the epoch. */
  timeNs: number
  /** Its length. */
  spanNs: number
  activities: readonly EdgeActivity[]
  /** Since the start. */
  lostEvents: number
  /** What this process took since the last snapshot, of one CPU: 0.01 is 1 %. */
  cpuShare: number
}

export interface TopMonitorOptions {
  windowNs: number
  intervalNs: number
  /** What took longer is kept one by one. */
  slowNs: number
  /** The clock and the loss of a watch. */
  watch: { now: () => number; lostEvents: () => number }
  /** Peers get names by reverse lookup. */
  resolve?: boolean
}

/** Over a shorter time the share of a CPU means nothing. */
const leastCpuWallNs = 50e6

/** What processes, services and edges did in the last window, and the slow samples of each. */
export class TopMonitor {
  readonly #watch: TopMonitorOptions['watch']
  readonly #window: EdgeWindow
  readonly #samples = new SlowSamples()
  readonly #links: LinkFinder
  readonly #peerNames: ReverseNames | undefined
  #cpu = process.cpuUsage()
  #cpuShare = 0
  #cpuAtNs = process.hrtime.bigint()
  readonly sinks: WatchSinks

  constructor({ windowNs, intervalNs, slowNs, watch, resolve }: TopMonitorOptions) {
    this.#watch = watch
    this.#peerNames = resolve ? new ReverseNames() : undefined
    this.#links = new LinkFinder(watch.now.bind(watch))
    this.#window = new EdgeWindow({ startNs: watch.now(), windowNs, stepNs: intervalNs })
    const keep = (event: Parameters<typeof slowSamplesOf>[0]): void => {
      for (const sample of slowSamplesOf(event, slowNs)) this.#samples.add(sample)
    }
    const onConnection = (event: ConnectionEvent): void => {
      keep(event)
      this.#links.add(event)
    }
    const onExisting = (connection: ExistingConnection): void => this.#links.add(connection)
    this.sinks = { onConnection, onExisting, onPickup: keep, onSend: keep, onPacket: keep }
  }

  /** Takes what a harvest brought. */
  add(activities: readonly EdgeActivity[]): void {
    if (this.#peerNames) for (const { edge } of activities) this.#namePeer(edge, this.#peerNames)
    this.#window.add(activities, this.#watch.now())
  }

  #namePeer(edge: Edge, names: ReverseNames): void {
    const name = edge.peerAddress === undefined ? undefined : names.nameOf(edge.peerAddress)
    if (name !== undefined) edge.peerName = name
  }

  /** The window that ends now. */
  snapshot(): TopSnapshot {
    return {
      timeNs: this.#watch.now(),
      spanNs: this.#window.spanNs,
      activities: this.#window.activities(),
      lostEvents: this.#watch.lostEvents(),
      cpuShare: this.#takeCpuShare(),
    }
  }

  #takeCpuShare(): number {
    const nowNs = process.hrtime.bigint()
    const wallNs = Number(nowNs - this.#cpuAtNs)
    if (wallNs < leastCpuWallNs) return this.#cpuShare
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#cpuShare = ((user + system) * 1000) / wallNs
    this.#cpuAtNs = nowNs
    this.#cpu = process.cpuUsage()
    return this.#cpuShare
  }

  rows(activities: readonly EdgeActivity[], grouping: TopGrouping): TopRow[] {
    return topRows(activities, grouping, (edge) => this.#links.of(edge))
  }

  /** Ends what goes on by itself. */
  close(): void {
    this.#links.close()
    this.#peerNames?.close()
  }

  /** The last slow samples of a row, the newest first, none after `untilNs`. */
  slowSamples(row: TopRow, limit: number, untilNs: number): SlowSample[] {
    return this.#samples.of(row, limit, untilNs)
  }
}
