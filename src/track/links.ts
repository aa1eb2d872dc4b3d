import { edgeKey, processKey } from '../model/edge-text.ts'
import type { Edge } from '../model/edge.ts'
import { linkEndOf, type Link, type LinkEnd } from '../model/link.ts'
import type { Task } from '../model/process.ts'
import type { ConnectionEnd } from './connection-pairs.ts'

/** The end of a pair of sockets that an edge is. */
export interface LinkSide {
  link: Link
  side: 'client' | 'server'
}

/** What is known of an edge whose other end is on this host. */
interface KnownEdge {
  own: Task
  /** When it was last known that the process is there; nanoseconds after the epoch. */
  seenNs: number
  side: 'client' | 'server'
  port: number
  /** Whom it was seen to talk to, by the edge that it is to them. */
  partners: Map<string, Task>
}

/** Docker's own relay, which takes connections to a published port from this host and opens another to the container. */
const proxyComm = 'docker-proxy'

const maxPartners = 64
/** How long the edges of a process are kept that has ended: others may ask for them yet. */
const afterlifeNs = 60e9

/**
 * Which edges are the two ends of the same connections. An edge is many connections; one pair of sockets tells whom it
 * talks to. What its process has left behind is forgotten. Bounded: of what was seen longest ago, too.
 */
export class Links {
  readonly #maxEdges: number
  /** The one that was seen longest ago first. */
  readonly #edges = new Map<string, KnownEdge>()
  /** Behind each relay, by its process: the server; and before it: the clients. */
  readonly #behind = new Map<string, { server: Task; port: number }>()
  readonly #before = new Map<string, Map<string, Task>>()

  constructor(maxEdges = 8192) {
    this.#maxEdges = maxEdges
  }

  /** Whether it is known whom the edge of this socket talks to. */
  knows(end: ConnectionEnd): boolean {
    return this.#edges.has(edgeKey(edgeOfEnd(end, end.role ?? 'client')))
  }

  /** Notes the two sockets of one connection. */
  note(client: ConnectionEnd, server: ConnectionEnd): void {
    const { port } = server.socket.local
    this.#add(client, 'client', server, port)
    this.#add(server, 'server', client, port)
    if (client.owner.comm === proxyComm) this.#behind.set(keyOf(client.owner), { server: server.owner, port })
    if (server.owner.comm === proxyComm) {
      const clients = this.#before.get(keyOf(server.owner)) ?? new Map<string, Task>()
      this.#before.set(keyOf(server.owner), clients.set(keyOf(client.owner), client.owner))
      if (clients.size > maxPartners) clients.delete(clients.keys().next().value ?? '')
    }
    for (const relays of [this.#behind, this.#before])
      if (relays.size > maxPartners) relays.delete(relays.keys().next().value ?? '')
  }

  #add(end: ConnectionEnd, side: 'client' | 'server', partner: ConnectionEnd, port: number): void {
    const key = edgeKey(edgeOfEnd(end, side))
    const known = this.#edges.get(key) ?? { own: end.owner, seenNs: 0, side, port, partners: new Map<string, Task>() }
    known.own = end.owner
    known.seenNs = end.timeNs
    const partnerSide = side === 'client' ? 'server' : 'client'
    known.partners.set(edgeKey(edgeOfEnd(partner, partnerSide)), partner.owner)
    if (known.partners.size > maxPartners) known.partners.delete(known.partners.keys().next().value ?? '')
    this.#edges.delete(key)
    this.#edges.set(key, known)
    if (this.#edges.size > this.#maxEdges) this.#edges.delete(this.#edges.keys().next().value ?? '')
  }

  /**
   * Looks at edges that were not seen for a minute, at most so many, and forgets those whose process has ended.
   *
   * @param nowNs nanoseconds after the epoch
   */
  forgetEnded(isRunning: (pid: number, startNs: number) => boolean, nowNs: number, maxLooks: number): void {
    let looks = 0
    for (const [key, known] of this.#edges) {
      if (nowNs - known.seenNs < afterlifeNs || looks++ === maxLooks) return
      this.#edges.delete(key)
      if (!isRunning(known.own.pid, known.own.processStartNs)) continue
      known.seenNs = nowNs
      this.#edges.set(key, known)
    }
  }

  /** The link that an edge is an end of; undefined: the other end is not on this host, or not known yet. */
  of(edge: Edge): LinkSide | undefined {
    const known = this.#edges.get(edgeKey(edge))
    if (!known || known.own.comm === proxyComm) return undefined
    const partner = [...known.partners].at(-1)
    if (!partner) return undefined
    const [partnerKey, partnerTask] = partner
    const isRelayed = partnerTask.comm === proxyComm
    const server =
      known.side === 'server' ? { server: known.own, port: known.port } : this.#serverOf(known, partnerTask)
    const clients = isRelayed
      ? this.#before.get(keyOf(partnerTask))
      : known.side === 'server'
        ? known.partners
        : this.#edges.get(partnerKey)?.partners
    if (!server || !clients || clients.size === 0) return undefined
    const ends = [...clients.values()].map((client) => linkEndOf(client))
    const link = linkOf(ends, linkEndOf(server.server), server.port, isRelayed ? proxyComm : undefined)
    return { link, side: known.side }
  }

  #serverOf({ port }: KnownEdge, partner: Task): { server: Task; port: number } | undefined {
    return partner.comm === proxyComm ? this.#behind.get(keyOf(partner)) : { server: partner, port }
  }
}

/** Clients that cannot be told apart at the server are one. */
function linkOf(clients: readonly LinkEnd[], server: LinkEnd, port: number, via: Link['via']): Link {
  const distinct = [...new Map(clients.map((client) => [client.key, client])).values()].toSorted((a, b) =>
    a.key < b.key ? -1 : 1,
  )
  const key = `${distinct.map((client) => client.key).join(', ')} -> ${server.key} ${port}`
  return { key, clients: distinct, server, port, via }
}

function keyOf({ pid, processStartNs }: Task): string {
  return processKey({ pid, startNs: processStartNs })
}

/** The edge that the kernel counts a socket's traffic at. */
function edgeOfEnd({ socket, owner }: ConnectionEnd, role: 'client' | 'server'): Edge {
  return {
    process: { pid: owner.pid, startNs: owner.processStartNs, comm: owner.comm },
    protocol: 'tcp',
    role,
    peerAddress: socket.peer.address,
    port: role === 'client' ? socket.peer.port : socket.local.port,
    netns: socket.netns,
  }
}
