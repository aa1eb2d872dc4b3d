import { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'
import type { ConnectionEvent } from '../model/connection-event.ts'

/** What one program did with one peer address and port, or as a server on one port. */
export interface PeerTally {
  comm: string
  direction: 'to' | 'from'
  address: string
  port: number
  opened: number
  /** How often each error ended an attempt. */
  failures: Map<string, number>
  handshakes: LogLinearHistogram
  acceptQueue: LogLinearHistogram
  closed: number
  bytesSent: number
  bytesReceived: number
  retransmits: number
}

/** Sums connection events up by program and peer. Bounded: beyond `maxPeers`, by program alone. */
export class ConnectionTally {
  readonly #peers = new Map<string, PeerTally>()
  /** Of connections that are open: whether they were accepted. */
  readonly #open = new Map<number, boolean>()
  readonly #maxPeers: number

  constructor(maxPeers = 1000) {
    this.#maxPeers = maxPeers
  }

  /** Connections that were opened and have not been closed yet. */
  get openCount(): number {
    return this.#open.size
  }

  add(event: ConnectionEvent): void {
    if (event.kind === 'pending') return
    const wasAccepted = event.kind === 'accept' || this.#open.get(event.connectionId) === true
    const tally = this.#tallyOf(event, wasAccepted)
    switch (event.kind) {
      case 'connect':
      case 'accept':
        this.#open.set(event.connectionId, wasAccepted)
        tally.opened++
        if (event.handshakeNs !== undefined) tally.handshakes.record(event.handshakeNs)
        if (event.kind === 'accept' && event.acceptQueueNs !== undefined) tally.acceptQueue.record(event.acceptQueueNs)
        break
      case 'fail':
        tally.failures.set(event.error, (tally.failures.get(event.error) ?? 0) + 1)
        break
      case 'close':
        this.#open.delete(event.connectionId)
        tally.closed++
        tally.bytesSent += event.bytesSent
        tally.bytesReceived += event.bytesReceived
        tally.retransmits += event.retransmits
        break
    }
  }

  /** The busiest first. */
  peers(): PeerTally[] {
    return [...this.#peers.values()].toSorted((a, b) => b.opened - a.opened)
  }

  #tallyOf(event: ConnectionEvent, wasAccepted: boolean): PeerTally {
    const comm = event.owner?.comm ?? '-'
    const { address } = event.socket.peer
    // The port that names the service is the server's.
    const port = wasAccepted ? event.socket.local.port : event.socket.peer.port
    const key = `${comm}\0${wasAccepted}\0${address}\0${port}`
    const found = this.#peers.get(key)
    if (found) return found
    const isFull = this.#peers.size >= this.#maxPeers
    const tally: PeerTally = {
      comm,
      direction: wasAccepted ? 'from' : 'to',
      address: isFull ? '(others)' : address,
      port: isFull ? 0 : port,
      opened: 0,
      failures: new Map(),
      handshakes: new LogLinearHistogram(),
      acceptQueue: new LogLinearHistogram(),
      closed: 0,
      bytesSent: 0,
      bytesReceived: 0,
      retransmits: 0,
    }
    const boundedKey = isFull ? `${comm}\0${wasAccepted}` : key
    const existing = this.#peers.get(boundedKey)
    if (existing) return existing
    this.#peers.set(boundedKey, tally)
    return tally
  }
}
