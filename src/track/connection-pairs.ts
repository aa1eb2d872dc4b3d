import type { ExistingConnection } from '../model/connection-event.ts'
import type { Task } from '../model/process.ts'
import type { Endpoint, SocketPair } from '../model/socket.ts'

/** One socket of a connection, and who has it. */
export interface ConnectionEnd {
  /** Nanoseconds after the epoch. */
  timeNs: number
  socket: SocketPair
  owner: Task
  role: ExistingConnection['role']
}

/** How a connection goes on behind an address translation: its ends as the server's side sees them. */
export interface TranslatedPair {
  local: Endpoint
  peer: Endpoint
}

/** How long an end waits for the other. */
const patienceNs = 5e9

/**
 * Finds the two sockets of each connection that has both its ends on this host: what is local to one is the peer of the
 * other. Bounded: the end that waited longest gives way.
 */
export class ConnectionPairs {
  readonly #onPair: (client: ConnectionEnd, server: ConnectionEnd) => void
  readonly #maxWaiting: number
  /** By both endpoints, the one that came first first. */
  readonly #waiting = new Map<string, ConnectionEnd>()

  constructor(onPair: (client: ConnectionEnd, server: ConnectionEnd) => void, maxWaiting = 16_384) {
    this.#onPair = onPair
    this.#maxWaiting = maxWaiting
  }

  add(end: ConnectionEnd): void {
    const { local, peer, netns } = end.socket
    const other = this.#waiting.get(keyOf(peer, local, netns))
    if (other && other.role !== (end.role ?? 'unknown')) {
      this.#waiting.delete(keyOf(peer, local, netns))
      this.#pair(end, other)
      return
    }
    this.#waiting.set(keyOf(local, peer, netns), end)
    for (const [key, { timeNs }] of this.#waiting) {
      if (this.#waiting.size <= this.#maxWaiting && timeNs > end.timeNs - patienceNs) break
      this.#waiting.delete(key)
    }
  }

  #pair(one: ConnectionEnd, other: ConnectionEnd): void {
    const isClient =
      one.role === undefined && other.role === undefined
        ? one.socket.local.port > one.socket.peer.port
        : one.role === 'client' || other.role === 'server'
    if (isClient) this.#onPair(one, other)
    else this.#onPair(other, one)
  }

  /** Ends that may be a client's and whose other end has not come, though it had the time: it may be translated. */
  unpaired(nowNs: number, afterNs: number): ConnectionEnd[] {
    return [...this.#waiting.values()].filter(({ timeNs, role }) => role !== 'server' && timeNs < nowNs - afterNs)
  }

  /** Looks for the other end of one whose addresses are translated on the way. */
  addTranslated(end: ConnectionEnd, { local, peer }: TranslatedPair): void {
    // The translated address belongs to another namespace: nothing is known of which.
    const server = this.#waiting.get(keyOf(local, peer, 0)) ?? this.#waiting.get(keyOf(local, peer, end.socket.netns))
    if (!server || server === end) return
    this.#waiting.delete(keyOf(local, peer, server.socket.netns))
    this.#waiting.delete(keyOf(end.socket.local, end.socket.peer, end.socket.netns))
    this.#onPair(end, server)
  }
}

/** Within one namespace where the address is one that every namespace has, or is its own. */
function keyOf(local: Endpoint, peer: Endpoint, netns: number): string {
  const isInside = local.address === peer.address || isLoopback(local.address) || isLoopback(peer.address)
  return `${isInside ? netns : 0} ${local.address} ${local.port} ${peer.address} ${peer.port}`
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
