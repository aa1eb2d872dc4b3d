import { cgroupFolders } from '../host/cgroup-folders.ts'
import { networkNamespaces } from '../host/network-namespaces.ts'
import { isRunning } from '../host/process-start.ts'
import type { ServiceRule } from '../identity/identities.ts'
import type { SignalStatus } from '../kernel/hook-choice.ts'
import type { ProbeSignal } from '../kernel/probe-signals.ts'
import { ProbeSession, type ProgramRuns } from '../kernel/probe-session.ts'
import type { Book } from '../model/book.ts'
import type { ConnectionEvent, ExistingConnection } from '../model/connection-event.ts'
import type { EdgeActivity } from '../model/edge.ts'
import type { ToldHistory } from '../model/incident.ts'
import type { Ledger } from '../model/ledger.ts'
import type { PacketEvent } from '../model/packet-event.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import type { SendSample } from '../model/send-sample.ts'
import type { SocketState, StateChange } from '../model/socket-state.ts'
import { EdgeActivities } from '../track/edge-activity.ts'
import { readBatch } from '../wire/event-batch.ts'
import { CgroupFilter } from './cgroup-filter.ts'
import { cgroupHierarchyOfHost } from './cgroup-hierarchy.ts'
import { HostIdentities } from './host-identities.ts'
import { isByIdentity, kernelConfig, type KernelWishes } from './kernel-config.ts'
import { WatchBooks } from './watch-books.ts'
import { WatchEvents } from './watch-events.ts'

export interface WatchOptions extends KernelWishes {
  signals: readonly ProbeSignal[]
  /** Signals that would slow down those who have no part in them are off. */
  isSparing?: boolean | undefined
  ringBytes: number
  /**
   * Whether samples are delivered by what is counted in the kernel, where rows of them are wanted as well. Without it rows
   * are what is delivered, and what is under their threshold counts as filtered.
   */
  deliversCounts?: true | undefined
  /** Changes of state: only those from or to one of these. */
  states?: ReadonlySet<SocketState> | undefined
  /** What the user calls services. */
  serviceOf?: ServiceRule | undefined
  /** It runs on and on: of edges that have gone only sums are kept. */
  isEndless?: true | undefined
  /** Events that are delivered at most; those after it count as filtered. */
  maxEvents?: number | undefined
}

export interface WatchSinks {
  onConnection?(event: ConnectionEvent): void
  onExisting?(connection: ExistingConnection): void
  onPickup?(sample: PickupSample): void
  onSend?(sample: SendSample): void
  onPacket?(event: PacketEvent): void
  onLedger?(ledger: Ledger): void
  onState?(change: StateChange): void
  onHistory?(history: ToldHistory): void
  /** After the events of one batch, or of one moment. */
  onBatchEnd?(): void
  /** `maxEvents` have been delivered. */
  onFull?(): void
}

export interface WatchResult {
  durationNs: number
  signals: readonly SignalStatus[]
  /** Of the signals that were watched. */
  books: Book[]
  /** What was counted of each edge, or process, from start to end. */
  activities: EdgeActivity[]
}

/** Edges that have gone of which totals are kept, where nobody will ask for them. */
const endlessRetired = 64

/** A running watch over the sockets of this host: from the kernel's events to the sinks, every event accounted for. */
export class Watch {
  readonly #session: ProbeSession
  readonly #sinks: WatchSinks
  readonly #edges: EdgeActivities
  readonly #identities: HostIdentities
  readonly #cgroupFilter: CgroupFilter | undefined
  readonly #books: WatchBooks
  readonly #events: WatchEvents
  #dueTimer: NodeJS.Timeout | undefined

  private constructor(options: WatchOptions, sinks: WatchSinks) {
    this.#sinks = sinks
    this.#books = new WatchBooks(options)
    this.#edges = new EdgeActivities(options.isEndless ? endlessRetired : undefined)
    const cgroupHierarchy = cgroupHierarchyOfHost()
    this.#identities = new HostIdentities(cgroupHierarchy, options.serviceOf)
    this.#events = new WatchEvents({
      options,
      sinks,
      identities: this.#identities,
      books: this.#books,
      cgroupFilter: () => this.#cgroupFilter,
    })
    const handlers = this.#events.handlers()
    this.#session = new ProbeSession({
      signals: [...options.signals, 'cgroup'],
      isSparing: options.isSparing ?? false,
      config: kernelConfig({ ...options, cgroupHierarchy }),
      ringBytes: options.ringBytes,
      onEvents: (view, bytes) => {
        readBatch(view, bytes, handlers)
        sinks.onBatchEnd?.()
        this.#watchDue()
      },
    })
    if (!isByIdentity(options.filter)) return
    this.#cgroupFilter = new CgroupFilter({
      filter: options.filter,
      identities: this.#identities,
      setUnwanted: (id, isUnwanted) => this.#session.setUnwanted(id, isUnwanted),
      hasServiceRules: options.serviceOf !== undefined,
    })
    const { mountPoint } = cgroupHierarchy
    for (const { id } of mountPoint === undefined ? [] : cgroupFolders(mountPoint)) this.#cgroupFilter.add(id)
  }

  /**
   * Attaches, then learns the sockets that are open already.
   *
   * @throws OperatorError where the kernel does not let it
   */
  static async start(options: WatchOptions, sinks: WatchSinks): Promise<Watch> {
    const watch = new Watch(options, sinks)
    try {
      await watch.#session.learnExisting(networkNamespaces().map((namespace) => namespace.path))
      return watch
    } catch (error) {
      watch.close()
      throw error
    }
  }

  get signals(): readonly SignalStatus[] {
    return this.#session.signals.filter(({ signal }) => signal !== 'cgroup')
  }

  /** What of whose the sockets are is worth a column on this host; undefined: nothing. */
  get ownerColumn(): 'container' | 'service' | undefined {
    return this.#identities.worthShowing()
  }

  /** Gives a signal up, with the reason; what only it needs costs nothing from then on. */
  shed(signal: ProbeSignal, reason: string): void {
    this.#session.shed(signal, reason)
  }

  /** Run time and count of every program since it was loaded, while `native().enableRunStats()` is on. */
  programRuns(): ProgramRuns[] {
    return this.#session.programRuns()
  }

  /** Events lost so far. */
  lostEvents(): number {
    return this.#session.books().reduce((sum, { lost, missed }) => sum + lost + missed, 0)
  }

  /** Nanoseconds after the epoch that event times count from. */
  now(): number {
    return this.#session.now()
  }

  /** Nanoseconds since 1970 of a time after the epoch. */
  unixNs(timeNs: number): bigint {
    return this.#session.unixNs(timeNs)
  }

  /** The books up to the last harvest. */
  books(): Book[] {
    const all = this.#edges.totals()
    const wanted = all.filter(({ edge }) => this.#events.isWanted(edge.process?.identity))
    return this.#books.balance(this.#session.books(), all, wanted)
  }

  /** Adds a process, and its children to come, to those of the traced command. */
  select(pid: number): void {
    this.#session.select(pid)
  }

  /** Entries in use of each kernel map. */
  mapEntries(): Record<string, number> {
    return this.#session.mapEntries()
  }

  /** Delivers what is already in the ring. */
  drain(): void {
    this.#session.drain()
  }

  /**
   * What each edge did since the last harvest. Entries of processes that are gone are freed.
   *
   * Call it at least every hour where much is counted: the kernel's counts wrap at 2^32.
   */
  harvest(): EdgeActivity[] {
    const table = this.#session.edges
    if (!table) return []
    const entries = table.read()
    const activities = this.#edges.update({ entries, statsOf: (slot) => table.stats(slot) })
    for (const activity of activities) this.#identities.identifyEdge(activity)
    const active = new Set(activities.map(({ edge }) => edge))
    for (const { slot, key } of entries) {
      if (!key || this.#edges.isActive(slot, active) || isRunning(key.pid, key.processStartNs)) continue
      table.release(slot)
      this.#edges.retire(slot)
    }
    return activities.filter((activity) => this.#events.isWanted(activity.edge.process?.identity))
  }

  /** Tells the connects that still wait when the threshold is over; an answer that is in the ring by then counts. */
  #watchDue(): void {
    const dueNs = this.#events.nextDueNs()
    if (dueNs === undefined || this.#dueTimer) return
    const waitMs = Math.max(1, Math.ceil((dueNs - this.#session.now()) / 1e6))
    this.#dueTimer = setTimeout(() => {
      this.#dueTimer = undefined
      this.#session.drain()
      for (const event of this.#events.takeDue(this.#session.now())) this.#sinks.onConnection?.(event)
      this.#sinks.onBatchEnd?.()
      this.#watchDue()
    }, waitMs)
  }

  /** Ends the watch, delivers the last events and closes the books. */
  stop(): WatchResult {
    clearTimeout(this.#dueTimer)
    this.#session.stop()
    clearTimeout(this.#dueTimer)
    this.harvest()
    const result = {
      durationNs: this.#session.now(),
      signals: this.signals,
      books: this.books(),
      activities: this.#edges.totals().filter(({ edge }) => this.#events.isWanted(edge.process?.identity)),
    }
    this.close()
    return result
  }

  /** Takes everything back from the kernel; stop() does so too. */
  close(): void {
    clearTimeout(this.#dueTimer)
    this.#cgroupFilter?.close()
    this.#session.close()
  }
}
