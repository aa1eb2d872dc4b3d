import type { Task } from '../model/process.ts'
import { socketStates, stateName, type SocketState, type StateRow, type StateSubject } from '../model/socket-state.ts'
import type { Listeners } from '../track/listeners.ts'
import { StateTally } from '../track/state-counts.ts'
import type { SocketRecord } from '../wire/wire.gen.ts'
import type { Grouping, OwnerOf } from './state-groupings.ts'

/** The sockets of one process, or of nobody known, in one namespace. */
interface Owned {
  netns: number
  owner: Task | undefined
  peers: Map<SocketState, PeerCounts>
}

/** By process and network namespace, with the peer that most sockets of each state have. */
export function byOwner(ownerOf: OwnerOf, listeners: Listeners): Grouping {
  const byNetns = new Map<number, Map<Task | undefined, Owned>>()
  const tally = new StateTally<Owned, StateSubject>(({ netns, owner: process }) =>
    process
      ? { netns, process, ...(process.identity ? { identity: process.identity } : {}) }
      : { netns, isUnknown: true },
  )
  let last: Owned | undefined
  const ownedBy = (netns: number, owner: Task | undefined): Owned => {
    if (last?.netns === netns && last.owner === owner) return last
    const known = byNetns.get(netns)?.get(owner)
    if (known) return (last = known)
    const made = { netns, owner, peers: new Map<SocketState, PeerCounts>() }
    const ofNetns = byNetns.get(netns) ?? new Map<Task | undefined, Owned>()
    byNetns.set(netns, ofNetns.set(owner, made))
    return made
  }
  return {
    add: (record) => {
      const owned = ownedBy(record.tuple.netns, ownerOf(record))
      tally.add(owned, record.state)
      const state = stateName(record.state)
      let peers = owned.peers.get(state)
      if (!peers) owned.peers.set(state, (peers = new PeerCounts()))
      peers.add(record, listeners)
    },
    rows: () =>
      tally.rows().map(({ key: { peers }, subject, total, states }) => ({
        subject,
        total,
        states,
        mainPeers: mainPeers(peers),
      })),
  }
}

type Peer = NonNullable<StateSubject['peer']>

/** How many sockets there are to each peer: that of a client is a service, that of a server an address. */
class PeerCounts {
  /** Address → port → count, without a text for each socket; the port is 0 where it does not matter. */
  readonly #byAddress = new Map<string, Map<number, { count: number }>>()

  /** Listeners have no peer. */
  add({ tuple }: SocketRecord, listeners: Listeners): void {
    const { peerPort } = tuple
    if (peerPort === 0) return
    const address = tuple.peerAddress
    const port = listeners.of(tuple) ? 0 : peerPort
    let ports = this.#byAddress.get(address)
    if (!ports) this.#byAddress.set(address, (ports = new Map<number, { count: number }>()))
    const known = ports.get(port)
    if (known) known.count++
    else ports.set(port, { count: 1 })
  }

  /** Of several with as many always the same. */
  main(): Peer | undefined {
    let main: { address: string; port: number; count: number } | undefined
    for (const [address, ports] of this.#byAddress)
      for (const [port, { count }] of ports) {
        const isBefore = main && (address < main.address || (address === main.address && port < main.port))
        if (!main || count > main.count || (count === main.count && isBefore)) main = { address, port, count }
      }
    return main && { address: main.address, ...(main.port === 0 ? {} : { port: main.port }) }
  }
}

function mainPeers(peers: ReadonlyMap<SocketState, PeerCounts>): NonNullable<StateRow['mainPeers']> {
  return Object.fromEntries(
    socketStates.flatMap((state) => {
      const peer = peers.get(state)?.main()
      return peer ? [[state, peer]] : []
    }),
  )
}
