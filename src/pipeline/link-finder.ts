import { networkNamespaces, type NetworkNamespace } from '../host/network-namespaces.ts'
import { isRunning } from '../host/process-start.ts'
import { lookupTranslations } from '../kernel/conntrack.ts'
import { OperatorError } from '../lib/operator-error.ts'
import type { ConnectionEvent, ExistingConnection } from '../model/connection-event.ts'
import type { Edge } from '../model/edge.ts'
import { ConnectionPairs, type ConnectionEnd } from '../track/connection-pairs.ts'
import { Links, type LinkSide } from '../track/links.ts'

/** How often is looked for translated addresses, and how long a connection's other end is waited for before. */
const lookupMs = 500
const patienceNs = 200e6
/** Connections that are looked up at once, and namespaces that are asked. */
const maxLookups = 256
const maxNamespaces = 64
/** Edges that are looked at, at once, whether their processes are still there: all that there may be within a minute. */
const maxLooks = 64
/** How long the list of namespaces is good, and an edge that was looked up in vain is left alone. */
const namespacesMs = 5000
const vainMs = 10_000

/** Finds the connections that have both their ends on this host, also through Docker's address translation. */
export class LinkFinder {
  readonly #links = new Links()
  readonly #pairs = new ConnectionPairs((client, server) => this.#links.note(client, server))
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  readonly #vain = new Map<string, number>()
  #namespaces: { list: NetworkNamespace[]; atMs: number } | undefined
  #isLookingUp = false

  /** @param now nanoseconds after the epoch */
  constructor(now: () => number) {
    this.#now = now
    this.#timer = setInterval(() => {
      this.#links.forgetEnded(isRunning, this.#now(), maxLooks)
      void this.#lookUp()
    }, lookupMs)
    this.#timer.unref()
  }

  add(event: ConnectionEvent | ExistingConnection): void {
    const { kind, owner, socket, timeNs } = event
    if (!owner || kind === 'close' || kind === 'fail' || kind === 'pending') return
    const role = kind === 'existing' ? event.role : kind === 'connect' ? 'client' : 'server'
    this.#pairs.add({ timeNs, socket, owner, role })
  }

  /** The link that an edge is an end of, as far as it is known. */
  of(edge: Edge): LinkSide | undefined {
    return this.#links.of(edge)
  }

  /** Asks every namespace how the connections go on whose other end did not come; once for each edge. */
  async #lookUp(): Promise<void> {
    if (this.#isLookingUp) return
    this.#isLookingUp = true
    try {
      let ends = this.#endsToLookUp()
      for (const { path } of ends.length > 0 ? this.#namespacesToAsk() : []) {
        if (ends.length === 0) break
        const found = await lookupTranslations(path, ends.map(tupleOf))
        for (const [i, end] of ends.entries()) {
          const reply = found[i]?.reply
          if (reply) this.#pairs.addTranslated(end, { local: reply.source, peer: reply.destination })
        }
        ends = ends.filter((end) => !this.#links.knows(end))
      }
    } catch (error) {
      // Without CAP_NET_ADMIN there are the links that need no translation.
      if (!(error instanceof OperatorError)) throw error
      this.close()
    } finally {
      this.#isLookingUp = false
    }
  }

  #endsToLookUp(): ConnectionEnd[] {
    const nowMs = performance.now()
    for (const [key, atMs] of this.#vain) if (nowMs - atMs > vainMs) this.#vain.delete(key)
    const ends = new Map<string, ConnectionEnd>()
    for (const end of this.#pairs.unpaired(this.#now(), patienceNs)) {
      const key = `${end.owner.pid} ${end.socket.peer.address} ${end.socket.peer.port} ${end.socket.netns}`
      if (this.#vain.has(key) || this.#links.knows(end)) continue
      ends.set(key, end)
      if (ends.size === maxLookups) break
    }
    for (const key of ends.keys()) this.#vain.set(key, nowMs)
    return [...ends.values()]
  }

  #namespacesToAsk(): NetworkNamespace[] {
    const nowMs = performance.now()
    if (!this.#namespaces || nowMs - this.#namespaces.atMs > namespacesMs)
      this.#namespaces = { list: networkNamespaces().slice(0, maxNamespaces), atMs: nowMs }
    return this.#namespaces.list
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

function tupleOf({ socket }: ConnectionEnd): Parameters<typeof lookupTranslations>[1][number] {
  return { protocol: 'tcp', source: socket.local, destination: socket.peer }
}
