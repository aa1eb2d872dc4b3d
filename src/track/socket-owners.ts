import type { Task } from '../model/process.ts'
import type { SocketRecord } from '../wire/wire.gen.ts'
import type { Listeners } from './listeners.ts'
import type { SocketHolders } from './socket-holders.ts'
import type { SocketTable } from './state-counts.ts'

/** Null: there are several that it might be. */
type Candidate = Task | null

/**
 * Whose sockets are, those that nobody holds included: TIME_WAIT and others that are closed, half-open connections, and
 * those that wait to be accepted. Where several come into question, nobody is named.
 */
export class SocketOwners {
  readonly #sockets: SocketTable
  readonly #holders: SocketHolders
  readonly #listeners: Listeners
  readonly #subjectOf: (task: Task) => string
  /** Namespace → peer's address → peer's port; made when it is first needed. */
  #talkers: Map<number, Map<string, Map<number, Candidate>>> | undefined
  readonly #alone = new Map<number, Candidate>()

  /** @param parts.subjectOf what a process counts as: two of the same are no doubt */
  constructor(parts: {
    sockets: SocketTable
    holders: SocketHolders
    listeners: Listeners
    subjectOf: (task: Task) => string
  }) {
    this.#sockets = parts.sockets
    this.#holders = parts.holders
    this.#listeners = parts.listeners
    this.#subjectOf = parts.subjectOf
  }

  /** A process of whoever the socket belongs to; undefined: unknown. */
  ownerOf(record: SocketRecord): Task | undefined {
    const { inode, tuple } = record
    const holder = this.#holders.taskOf(inode)
    if (holder) return holder
    const listener = this.#listeners.of(tuple)
    if (listener) return this.#agreed(listener.inodes.map((own) => this.#holders.taskOf(own) ?? null)) ?? undefined
    // A file that no process has open is the kernel's own socket, or of something that hides its descriptors.
    if (inode !== 0) return undefined
    const talker = this.#talker(tuple.netns, tuple.peerAddress, tuple.peerPort)
    return (talker === undefined ? this.#aloneIn(tuple.netns) : talker) ?? undefined
  }

  #agreed(candidates: readonly Candidate[]): Candidate {
    return candidates.reduce((a, b) => this.#joined(a, b)) ?? null
  }

  #joined(a: Candidate, b: Candidate): Candidate {
    return a && b && (a === b || this.#subjectOf(a) === this.#subjectOf(b)) ? a : null
  }

  /** Who else talks to that peer from there. */
  #talker(netns: number, address: string, port: number): Candidate | undefined {
    this.#talkers ??= this.#findTalkers()
    return this.#talkers.get(netns)?.get(address)?.get(port)
  }

  #findTalkers(): Map<number, Map<string, Map<number, Candidate>>> {
    const found = new Map<number, Map<string, Map<number, Candidate>>>()
    this.#sockets.each(({ inode, tuple }) => {
      const task = this.#holders.taskOf(inode)
      if (!task || tuple.peerPort === 0 || this.#listeners.of(tuple)) return
      const { netns, peerAddress, peerPort } = tuple
      const addresses = found.get(netns) ?? new Map<string, Map<number, Candidate>>()
      found.set(netns, addresses)
      const ports = addresses.get(peerAddress) ?? new Map<number, Candidate>()
      addresses.set(peerAddress, ports)
      const known = ports.get(peerPort)
      ports.set(peerPort, known === undefined ? task : this.#joined(known, task))
    })
    return found
  }

  /** The only one whose processes are in a namespace. */
  #aloneIn(netns: number): Candidate {
    const known = this.#alone.get(netns)
    if (known !== undefined) return known
    const tasks = this.#holders.processesIn(netns)
    const alone = tasks.length === 0 ? null : this.#agreed(tasks)
    this.#alone.set(netns, alone)
    return alone
  }
}
