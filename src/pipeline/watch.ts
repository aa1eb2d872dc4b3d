import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import { networkNamespaces } from '../host/network-namespaces.ts'
import type { SignalStatus } from '../kernel/hook-choice.ts'
import type { ProbeSignal } from '../kernel/probe-points.ts'
import { ProbeSession } from '../kernel/probe-session.ts'
import type { Book, SignalName } from '../model/book.ts'
import type { ConnectionEvent } from '../model/connection-event.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import { closeEventOf, connectionEventOf, pickupSampleOf } from '../track/event-facts.ts'
import { PendingConnects } from '../track/pending-connects.ts'
import { readBatch, type EventHandlers } from '../wire/event-batch.ts'
import { kernelConfig, type KernelWishes } from './kernel-config.ts'

export interface WatchOptions extends KernelWishes {
  signals: readonly ProbeSignal[]
  ringBytes: number
  /** Events that are delivered at most; those after it count as filtered. */
  maxEvents?: number | undefined
}

export interface WatchSinks {
  onConnection?(event: ConnectionEvent): void
  onPickup?(sample: PickupSample): void
  /** After the events of one batch, or of one moment. */
  onBatchEnd?(): void
  /** `maxEvents` have been delivered. */
  onFull?(): void
}

/** Pickup latencies of one process. */
export interface ProcessPickups {
  /** Undefined: of the processes for which the kernel's table had no room. */
  pid: number | undefined
  comm: string
  histogram: LogLinearHistogram
}

export interface WatchResult {
  durationNs: number
  signals: readonly SignalStatus[]
  /** Of the signals that were watched. */
  books: Book[]
  /** Empty where none were counted; the busiest first. */
  pickups: ProcessPickups[]
}

/** A running watch over the sockets of this host: from the kernel's events to the sinks, every event accounted for. */
export class Watch {
  readonly signals: readonly SignalStatus[]
  readonly #session: ProbeSession
  readonly #options: WatchOptions
  readonly #sinks: WatchSinks
  readonly #pending: PendingConnects | undefined
  readonly #delivered: Record<SignalName, number> = { pending: 0, connect: 0, accept: 0, close: 0, pickup: 0 }
  /** Events left out here: after `maxEvents`, or of connects that were quick. */
  readonly #leftOut: Record<SignalName, number> = { pending: 0, connect: 0, accept: 0, close: 0, pickup: 0 }
  #eventsLeft: number
  #dueTimer: NodeJS.Timeout | undefined

  private constructor(options: WatchOptions, sinks: WatchSinks) {
    this.#options = options
    this.#sinks = sinks
    this.#eventsLeft = options.maxEvents ?? Infinity
    this.#pending = options.slowNs === undefined ? undefined : new PendingConnects(options.slowNs)
    const handlers = this.#handlers()
    this.#session = new ProbeSession({
      signals: options.signals,
      config: kernelConfig(options),
      ringBytes: options.ringBytes,
      onEvents: (view, bytes) => {
        readBatch(view, bytes, handlers)
        sinks.onBatchEnd?.()
        this.#watchDue()
      },
    })
    this.signals = this.#session.signals
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

  /** Nanoseconds after the epoch that event times count from. */
  now(): number {
    return this.#session.now()
  }

  /** Nanoseconds since 1970 of a time after the epoch. */
  unixNs(timeNs: number): bigint {
    return this.#session.unixNs(timeNs)
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

  #handlers(): EventHandlers {
    return {
      onOpen: (wireEvent) => {
        const event = connectionEventOf(wireEvent)
        if (event.kind === 'pending') {
          this.#delivered.pending++
          this.#pending?.begin(event)
          return
        }
        if (event.kind !== 'accept') {
          this.#pending?.end(event.connectionId)
          if (!this.#isSlow(event.handshakeNs)) {
            this.#leftOut.connect++
            return
          }
        }
        if (this.#admit(event.kind === 'accept' ? 'accept' : 'connect')) this.#sinks.onConnection?.(event)
      },
      onClose: (wireEvent) => {
        if (this.#admit('close')) this.#sinks.onConnection?.(closeEventOf(wireEvent))
      },
      onPickup: (wireEvent) => {
        if (this.#admit('pickup')) this.#sinks.onPickup?.(pickupSampleOf(wireEvent))
      },
    }
  }

  #isSlow(handshakeNs: number | undefined): boolean {
    const { slowNs } = this.#options
    return slowNs === undefined || (handshakeNs !== undefined && handshakeNs > slowNs)
  }

  #admit(signal: SignalName): boolean {
    if (this.#eventsLeft <= 0) {
      this.#leftOut[signal]++
      return false
    }
    this.#delivered[signal]++
    if (--this.#eventsLeft === 0) queueMicrotask(() => this.#sinks.onFull?.())
    return true
  }

  /** Tells the connects that still wait when the threshold is over; an answer that is in the ring by then counts. */
  #watchDue(): void {
    const dueNs = this.#pending?.nextDueNs()
    if (dueNs === undefined || this.#dueTimer) return
    const waitMs = Math.max(1, Math.ceil((dueNs - this.#session.now()) / 1e6))
    this.#dueTimer = setTimeout(() => {
      this.#dueTimer = undefined
      this.#session.drain()
      for (const event of this.#pending?.takeDue(this.#session.now()) ?? []) {
        if (this.#eventsLeft > 0) this.#sinks.onConnection?.(event)
      }
      this.#sinks.onBatchEnd?.()
      this.#watchDue()
    }, waitMs)
  }

  /** Ends the watch, delivers the last events and closes the books. */
  stop(): WatchResult {
    clearTimeout(this.#dueTimer)
    this.#session.stop()
    clearTimeout(this.#dueTimer)
    const pickups = this.#options.pickupHistogram ? this.#pickups() : []
    const result = {
      durationNs: this.#session.now(),
      signals: this.signals,
      books: this.#books(pickups),
      pickups,
    }
    this.close()
    return result
  }

  #books(pickups: readonly ProcessPickups[]): Book[] {
    const watched = new Set<SignalName>(this.#options.signals.filter((signal) => signal !== 'command'))
    if (this.#pending) watched.add('pending')
    const aggregated = pickups.reduce((sum, { histogram }) => sum + histogram.count, 0)
    return this.#session
      .books()
      .filter((book) => watched.has(book.signal))
      .map(({ signal, lost, missed, ...book }) => {
        const isAggregated = signal === 'pickup' && !this.#options.pickupRows
        const parts = {
          delivered: isAggregated ? aggregated : this.#delivered[signal],
          lost: lost + missed,
          filtered: book.filtered + this.#leftOut[signal],
          invalid: book.invalid,
        }
        return { signal, attempted: parts.delivered + parts.lost + parts.filtered + parts.invalid, ...parts }
      })
  }

  #pickups(): ProcessPickups[] {
    return this.#session
      .pickupHistograms()
      .map(({ process, histogram }) => ({
        pid: process?.pid,
        comm: histogram.comm,
        histogram: LogLinearHistogram.of({ ...histogram, maxNs: Math.max(...histogram.maxNs) }),
      }))
      .filter(({ histogram }) => histogram.count > 0)
      .toSorted((a, b) => b.histogram.count - a.histogram.count)
  }

  /** Takes everything back from the kernel; stop() does so too. */
  close(): void {
    clearTimeout(this.#dueTimer)
    this.#session.close()
  }
}
