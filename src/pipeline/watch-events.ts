import { passesIdentity } from '../identity/identity-filter.ts'
import { kernelDropReasons } from '../kernel/drop-reasons.ts'
import type { SignalName } from '../model/book.ts'
import type { ConnectionEvent } from '../model/connection-event.ts'
import type { Identity } from '../model/container.ts'
import type { Task } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'
import {
  closeEventOf,
  connectionEventOf,
  existingConnectionOf,
  ledgerOf,
  packetEventOf,
  pickupSampleOf,
  sendSampleOf,
  stateChangeOf,
} from '../track/event-facts.ts'
import { socketHistoryOf } from '../track/history-facts.ts'
import { PendingConnects } from '../track/pending-connects.ts'
import type { EventHandlers } from '../wire/event-batch.ts'
import { CgroupChange, EventKind, type CgroupEvent, type OpenEvent } from '../wire/wire.gen.ts'
import type { CgroupFilter } from './cgroup-filter.ts'
import type { HostIdentities } from './host-identities.ts'
import { isByIdentity } from './kernel-config.ts'
import type { WatchBooks } from './watch-books.ts'
import type { WatchOptions, WatchSinks } from './watch.ts'

/** The kernel's events on their way to the sinks: whose they are, whether anybody looks for them, and a book of each. */
export class WatchEvents {
  readonly #options: WatchOptions
  readonly #sinks: WatchSinks
  readonly #identities: HostIdentities
  readonly #books: WatchBooks
  readonly #isByIdentity: boolean
  readonly #pending: PendingConnects | undefined
  readonly #cgroupFilter: () => CgroupFilter | undefined
  #left: number

  constructor(parts: {
    options: WatchOptions
    sinks: WatchSinks
    identities: HostIdentities
    books: WatchBooks
    /** Told of the cgroups that come and go, once it is there. */
    cgroupFilter: () => CgroupFilter | undefined
  }) {
    const { options, sinks, identities, books } = parts
    this.#cgroupFilter = parts.cgroupFilter
    this.#options = options
    this.#sinks = sinks
    this.#identities = identities
    this.#books = books
    this.#isByIdentity = isByIdentity(options.filter)
    this.#left = options.maxEvents ?? Infinity
    this.#pending = options.slowNs === undefined ? undefined : new PendingConnects(options.slowNs)
  }

  isWanted(identity: Identity | undefined): boolean {
    return !this.#isByIdentity || passesIdentity(this.#options.filter, identity)
  }

  handlers(): EventHandlers {
    const { packetRows, states } = this.#options
    const dropReasons = packetRows ? kernelDropReasons() : {}
    return {
      onOpen: (wireEvent) => this.#onOpen(wireEvent),
      onClose: (wireEvent) => {
        const event = closeEventOf(wireEvent)
        if (this.#admit('close', event.owner, event.socket)) this.#sinks.onConnection?.(event)
      },
      onPickup: (wireEvent) => {
        const sample = pickupSampleOf(wireEvent)
        if (this.#admit(sample.protocol === 'udp' ? 'udpPickup' : 'pickup', sample.reader, sample.socket))
          this.#sinks.onPickup?.(sample)
      },
      onSend: (wireEvent) => {
        const sample = sendSampleOf(wireEvent)
        if (this.#admit(sample.protocol === 'udp' ? 'udpSend' : 'send', sample.sender, sample.socket))
          this.#sinks.onSend?.(sample)
      },
      onPacket: (wireEvent) => {
        const event = packetEventOf(wireEvent, dropReasons)
        if (this.#admit(event.kind, event.owner, event.socket)) this.#sinks.onPacket?.(event)
      },
      onLedger: (wireEvent) => {
        const ledger = ledgerOf(wireEvent)
        if (this.#admit('ledger', ledger.owner, ledger.socket)) this.#sinks.onLedger?.(ledger)
      },
      onState: (wireEvent) => {
        const change = stateChangeOf(wireEvent)
        if (states && !states.has(change.from) && !states.has(change.to)) this.#books.leftOut.state++
        else if (this.#admit('state', change.owner, change.socket)) this.#sinks.onState?.(change)
      },
      onHistory: (wireEvent) => {
        const history = socketHistoryOf(wireEvent)
        if (this.#admit('history', history.owner, history.socket)) this.#sinks.onHistory?.(history)
      },
      onCgroup: (wireEvent) => this.#onCgroup(wireEvent),
    }
  }

  #onOpen(wireEvent: OpenEvent): void {
    if (wireEvent.kind === EventKind.existing) {
      const event = existingConnectionOf(wireEvent)
      if (this.isWanted(this.#identities.identify(event.owner, event.socket))) this.#sinks.onExisting?.(event)
      return
    }
    const event = connectionEventOf(wireEvent)
    if (event.kind === 'pending') {
      if (this.#isOfWanted('pending', event.owner, event.socket)) {
        this.#books.delivered.pending++
        this.#pending?.begin(event)
      }
      return
    }
    if (event.kind !== 'accept') {
      this.#pending?.end(event.connectionId)
      if (!this.#isSlow(event.handshakeNs)) {
        this.#books.leftOut.connect++
        return
      }
    }
    if (this.#admit(event.kind === 'accept' ? 'accept' : 'connect', event.owner, event.socket))
      this.#sinks.onConnection?.(event)
  }

  #onCgroup({ change, cgroupId, path }: CgroupEvent): void {
    if (change === CgroupChange.created) {
      this.#identities.note(cgroupId, path)
      this.#cgroupFilter()?.add(cgroupId)
    } else {
      this.#cgroupFilter()?.remove(cgroupId)
    }
  }

  #isSlow(handshakeNs: number | undefined): boolean {
    const { slowNs } = this.#options
    return slowNs === undefined || (handshakeNs !== undefined && handshakeNs > slowNs)
  }

  /** Says whose an event is; false, and booked, where nobody looks for them. */
  #isOfWanted(signal: SignalName, owner: Task | undefined, socket: SocketPair): boolean {
    const isWanted = this.isWanted(this.#identities.identify(owner, socket))
    if (!isWanted) this.#books.leftOut[signal]++
    return isWanted
  }

  #admit(signal: SignalName, owner: Task | undefined, socket: SocketPair): boolean {
    if (!this.#isOfWanted(signal, owner, socket)) return false
    if (this.#left <= 0) {
      this.#books.leftOut[signal]++
      return false
    }
    this.#books.delivered[signal]++
    if (--this.#left === 0) queueMicrotask(() => this.#sinks.onFull?.())
    return true
  }

  /** When a connect that still waits will have waited too long; nanoseconds after the epoch. */
  nextDueNs(): number | undefined {
    return this.#pending?.nextDueNs()
  }

  /** Connects that have waited too long by `nowNs`, each once. */
  takeDue(nowNs: number): ConnectionEvent[] {
    const due = this.#pending?.takeDue(nowNs) ?? []
    return this.#left > 0 ? due : []
  }
}
