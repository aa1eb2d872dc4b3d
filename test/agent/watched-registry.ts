import type { Actor } from '../../lab/actor.ts'
import { diagnose } from '../../src/diagnose/diagnose.ts'
import { LinkFinder } from '../../src/pipeline/link-finder.ts'
import { MetricRegistry } from '../../src/pipeline/metrics/metric-registry.ts'
import { Observer, observedWishes, type Snapshot } from '../../src/pipeline/observer.ts'
import { Snapshots } from '../../src/pipeline/snapshots.ts'
import { Watch, type WatchSinks } from '../../src/pipeline/watch.ts'
import { startServer, type RunningServer } from '../../src/server/server.ts'
import { Incidents } from '../../src/track/incidents.ts'
import { slowSamplesOf } from '../../src/track/slow-samples.ts'
import { inNetns } from '../kernel/recording.ts'

const slowNs = 20e6

/** Metrics of what real sockets do, served; the test says when a second is over, and when a step. */
export class WatchedRegistry implements AsyncDisposable {
  readonly registry: MetricRegistry
  readonly server: RunningServer
  readonly #watch: Watch
  readonly #links: LinkFinder
  readonly #snapshots: Snapshots
  readonly #incidents: Incidents
  readonly #observer: Observer
  readonly #before: Snapshot

  private constructor(parts: {
    registry: MetricRegistry
    server: RunningServer
    watch: Watch
    links: LinkFinder
    snapshots: Snapshots
    incidents: Incidents
    observer: Observer
    before: Snapshot
  }) {
    this.registry = parts.registry
    this.server = parts.server
    this.#watch = parts.watch
    this.#links = parts.links
    this.#snapshots = parts.snapshots
    this.#incidents = parts.incidents
    this.#observer = parts.observer
    this.#before = parts.before
  }

  static async start(...hosts: Actor[]): Promise<WatchedRegistry> {
    const filter = inNetns(...hosts)
    const snapshots = new Snapshots(filter)
    const before = await snapshots.take()
    const observer = new Observer()
    const running: { watch?: Watch } = {}
    const incidents = new Incidents({ unixNs: (timeNs) => running.watch?.unixNs(timeNs) ?? 0n })
    const links = new LinkFinder(() => running.watch?.now() ?? 0)
    const watch = await Watch.start(
      {
        ...observedWishes,
        signals: [...observedWishes.signals, 'udpPickup', 'udpSend'],
        filter,
        existingRows: true,
        ringBytes: 1 << 20,
      },
      sinksOf(observer.sinks, incidents, links),
    )
    running.watch = watch
    const registry = new MetricRegistry({
      host: 'lab',
      version: 'test',
      linkOf: (edge) => links.of(edge),
      signals: () => watch.signals,
    })
    const server = await startServer({ listen: { host: '127.0.0.1', port: 0 }, registry })
    return new WatchedRegistry({ registry, server, watch, links, snapshots, incidents, observer, before })
  }

  /** `127.0.0.1:PORT` */
  get target(): string {
    return new URL(this.server.url).host
  }

  async endSecond(): Promise<void> {
    this.#watch.drain()
    this.registry.onSecond({
      unixMs: Date.now(),
      spanMs: 1000,
      activities: this.#watch.harvest(),
      states: await this.#snapshots.states(),
      incidents: this.#incidents.take(),
      books: this.#watch.books(),
    })
  }

  async endStep(): Promise<void> {
    const now = await this.#snapshots.take()
    const spanNs = this.#watch.now()
    const { signals } = this.#watch
    const observation = this.#observer.observation([], spanNs, this.#before, now, () => true, signals)
    this.registry.onStep({
      startUnixMs: Date.now() - spanNs / 1e6,
      spanMs: spanNs / 1e6,
      observation,
      diagnosis: diagnose(observation),
      survey: now.survey,
      books: this.#watch.books(),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
    this.#links.close()
    this.#watch.close()
    this.#snapshots.close()
  }
}

function sinksOf(observer: WatchSinks, incidents: Incidents, links: LinkFinder): WatchSinks {
  return {
    ...observer,
    onConnection: (event) => {
      observer.onConnection?.(event)
      links.add(event)
      for (const sample of slowSamplesOf(event, slowNs)) incidents.add(sample, event.connectionId)
    },
    onPickup: (event) => {
      observer.onPickup?.(event)
      for (const sample of slowSamplesOf(event, slowNs)) incidents.add(sample, event.connectionId ?? 0)
    },
  }
}
