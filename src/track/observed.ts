import type { ConnectFailures, ConnectionLives, Drops, Retransmits, SlowPickups } from '../model/observation.ts'
import type { ConnectionEvent } from '../model/connection-event.ts'
import type { PacketEvent } from '../model/packet-event.ts'
import type { PickupSample } from '../model/pickup-sample.ts'
import type { Task } from '../model/process.ts'
import type { SocketPair } from '../model/socket.ts'

/** Entries that are kept of each kind; what would be more is left out, and counted. */
const maxEntries = 4096

/** Which end each open connection is, by its id. Bounded: the oldest are forgotten. */
export class ConnectionRoles {
  readonly #roles = new Map<number, 'client' | 'server'>()

  note(connectionId: number, role: 'client' | 'server'): void {
    this.#roles.set(connectionId, role)
    if (this.#roles.size > 16 * maxEntries) this.#roles.delete(this.#roles.keys().next().value ?? 0)
  }

  of(connectionId: number): 'client' | 'server' | undefined {
    return this.#roles.get(connectionId)
  }

  forget(connectionId: number): void {
    this.#roles.delete(connectionId)
  }
}

/** Sums of events by who and to whom: what a diagnosis looks at. Bounded. */
export class ObservedEvents {
  readonly #failures = new Map<string, ConnectFailures>()
  readonly #lives = new Map<string, ConnectionLives>()
  readonly #retransmits = new Map<string, Retransmits>()
  readonly #drops = new Map<string, Drops & { owners: Task[] }>()
  readonly #pickups = new Map<string, SlowPickups>()
  readonly #roles: ConnectionRoles
  leftOut = 0

  /** @param roles what is known of connections that began before */
  constructor(roles = new ConnectionRoles()) {
    this.#roles = roles
  }

  addConnection(event: ConnectionEvent): void {
    const { kind, owner, socket, timeNs } = event
    if (!owner) return
    if (kind === 'fail') {
      const key = `${owner.pid} ${socket.peer.address} ${socket.peer.port} ${event.error}`
      const none = { owner, socket, error: event.error, count: 0, firstNs: timeNs }
      const failures = this.#entry(this.#failures, key, () => none)
      if (failures) failures.count++
      return
    }
    if (kind === 'pending') return
    if (kind !== 'close') this.#roles.note(event.connectionId, kind === 'connect' ? 'client' : 'server')
    const role = this.#roles.of(event.connectionId)
    if (!role) return
    const port = role === 'client' ? socket.peer.port : socket.local.port
    const none = { owner, role, socket, opened: 0, closed: 0, lifeNs: 0, bytes: 0 }
    const lives = this.#entry(this.#lives, `${owner.pid} ${role} ${socket.peer.address} ${port}`, () => none)
    if (!lives) return
    if (kind !== 'close') {
      lives.opened++
      return
    }
    this.#roles.forget(event.connectionId)
    lives.closed++
    lives.lifeNs += event.durationNs
    lives.bytes += event.bytesSent + event.bytesReceived
  }

  addPickup({ reader, socket, latencyNs, timeNs, protocol }: PickupSample): void {
    if (protocol !== 'tcp') return
    const none = { reader, socket, count: 0, waitedNs: 0, longestNs: 0, firstNs: timeNs }
    const pickups = this.#entry(this.#pickups, `${reader.pid} ${reader.tid}`, () => none)
    if (!pickups) return
    pickups.count++
    pickups.waitedNs += latencyNs
    pickups.longestNs = Math.max(pickups.longestNs, latencyNs)
  }

  addPacket(event: PacketEvent): void {
    const { owner, socket, timeNs } = event
    if (event.kind === 'drop') {
      const none = { reason: event.reason, count: 0, owners: [], socket, firstNs: timeNs }
      const drops = this.#entry(this.#drops, event.reason, () => none)
      if (!drops) return
      drops.count++
      if (owner && drops.owners.length < 16) drops.owners.push(owner)
    } else if (event.kind === 'retransmit' && owner) {
      const none = { owner, socket, syn: 0, rto: 0, other: 0, stallNs: 0, firstNs: timeNs }
      const key = `${owner.pid} ${socket.peer.address} ${peerKeyPort(socket)}`
      const retransmits = this.#entry(this.#retransmits, key, () => none)
      if (!retransmits) return
      if (event.type === 'syn') retransmits.syn++
      else if (event.type === 'rto') retransmits.rto++
      else if (event.type !== 'syn-ack') retransmits.other++
      if (event.type === 'rto') retransmits.stallNs += event.stallNs
    }
  }

  #entry<T>(map: Map<string, T>, key: string, make: () => T): T | undefined {
    const known = map.get(key)
    if (known) return known
    if (map.size >= maxEntries) {
      this.leftOut++
      return undefined
    }
    const made = make()
    map.set(key, made)
    return made
  }

  get failures(): ConnectFailures[] {
    return [...this.#failures.values()]
  }

  get lives(): ConnectionLives[] {
    return [...this.#lives.values()]
  }

  get retransmits(): Retransmits[] {
    return [...this.#retransmits.values()]
  }

  get drops(): Drops[] {
    return [...this.#drops.values()]
  }

  get pickups(): SlowPickups[] {
    return [...this.#pickups.values()]
  }
}

/** Of the service: the lower of the two, as it is not known here which end this is. */
function peerKeyPort({ local, peer }: SocketPair): number {
  return Math.min(local.port, peer.port)
}
