import { networkNamespaces, type NetworkNamespace } from '../host/network-namespaces.ts'
import { passesIdentity } from '../identity/identity-filter.ts'
import type { ServiceRule } from '../identity/identities.ts'
import { SocketStates } from '../kernel/socket-states.ts'
import { includesNumber, type Filter } from '../model/filter.ts'
import type { Task } from '../model/process.ts'
import {
  socketStates,
  stateName,
  type SocketState,
  type StateGrouping,
  type StateSurvey,
} from '../model/socket-state.ts'
import { Listeners } from '../track/listeners.ts'
import { OldestSockets } from '../track/oldest-sockets.ts'
import { SocketHolders } from '../track/socket-holders.ts'
import { SocketOwners } from '../track/socket-owners.ts'
import { addCounts, SocketTable } from '../track/state-counts.ts'
import { SocketFlag, type SocketRecord } from '../wire/wire.gen.ts'
import { cgroupHierarchyOfHost } from './cgroup-hierarchy.ts'
import { HostIdentities } from './host-identities.ts'
import { isByIdentity, kernelConfig } from './kernel-config.ts'
import { byOwner } from './owner-grouping.ts'
import { byListener, byName, byNetns, byPeer, nameOf, type Grouping } from './state-groupings.ts'

export interface StateSurveyOptions {
  by: StateGrouping
  /** By namespace, addresses, ports and whose the sockets are; processes and users do not count here. */
  filter?: Filter
  /** Only sockets in one of these; undefined: in any. */
  states?: ReadonlySet<SocketState> | undefined
  /** What the user calls services. */
  serviceOf?: ServiceRule | undefined
  /** How many of the oldest CLOSE_WAIT, and SYN_SENT, are told. 0: none, and their owners are not looked for. */
  oldest?: number
}

const defaultOldest = 10
/** States that a socket leaves soon, unless its program or its peer does not do its part. */
const shortLived = ['CLOSE_WAIT', 'SYN_SENT'] as const

/** Counts the TCP sockets of this host by state, in every network namespace, as often as it is asked. */
export class StateSurveyor {
  readonly #options: StateSurveyOptions
  readonly #kernel: SocketStates
  readonly #identities: HostIdentities

  /** @throws OperatorError where the kernel does not let it */
  constructor(options: StateSurveyOptions) {
    this.#options = options
    const cgroupHierarchy = cgroupHierarchyOfHost()
    this.#kernel = new SocketStates(kernelConfig({ filter: options.filter ?? {}, slowNs: undefined, cgroupHierarchy }))
    this.#identities = new HostIdentities(cgroupHierarchy, options.serviceOf)
  }

  async survey(): Promise<StateSurvey> {
    const { by, filter = {}, oldest: limit = defaultOldest } = this.#options
    const namespaces = networkNamespaces().filter(({ inode }) => includesNumber(filter.netns, inode))
    const unixNs = BigInt(Date.now()) * 1_000_000n
    const table = new SocketTable(await this.#kernel.sockets(namespaces.map(({ path }) => path)))
    const listeners = new Listeners(table)
    const isByOwner = by === 'container' || by === 'service' || by === 'owner' || isByIdentity(filter)
    let owners = isByOwner ? await this.#owners(table, listeners) : undefined
    const wanted = this.#wanted(owners)
    const oldest = new OldestSockets(shortLived, limit)
    const grouping = this.#grouping({ namespaces, listeners, owners })
    table.each((record, chunk, offset) => {
      if (!wanted(record)) return
      grouping.add(record)
      oldest.add(record, chunk, offset)
    })
    if (!oldest.isEmpty) owners ??= await this.#owners(table, listeners)
    const rows = grouping.rows()
    const states = addCounts(rows)
    return {
      unixNs,
      total: Object.values(states).reduce((sum, count) => sum + count, 0),
      states,
      rows,
      oldest: oldest.sockets(table, (record) => ({
        owner: owners?.ownerOf(record),
        fd: owners?.holders.holderOf(record.inode)?.fd,
      })),
    }
  }

  async #owners(sockets: SocketTable, listeners: Listeners): Promise<Owners> {
    const holders = new SocketHolders(await this.#kernel.holders(), await this.#kernel.processes())
    return new Owners({
      sockets,
      holders,
      listeners,
      identities: this.#identities,
      isByContainer: this.#options.by === 'container',
    })
  }

  #wanted(owners: Owners | undefined): (record: SocketRecord) => boolean {
    const { filter = {}, states } = this.#options
    const needsIdentity = isByIdentity(filter)
    return (record) =>
      (record.flags & SocketFlag.unwanted) === 0 &&
      (!states || states.has(stateName(record.state))) &&
      (!needsIdentity || passesIdentity(filter, owners?.ownerOf(record)?.identity))
  }

  #grouping(parts: {
    namespaces: readonly NetworkNamespace[]
    listeners: Listeners
    owners: Owners | undefined
  }): Grouping {
    const { listeners, owners } = parts
    switch (this.#options.by) {
      case 'netns':
        return byNetns(parts.namespaces)
      case 'listener':
        return byListener(listeners)
      case 'peer':
        return byPeer(listeners)
      case 'container':
      case 'service':
        return byName((record) => owners?.ownerOf(record), this.#options.by)
      case 'owner':
        return byOwner((record) => owners?.ownerOf(record), listeners)
    }
  }

  close(): void {
    this.#kernel.close()
  }
}

/**
 * Counts the TCP sockets of this host by state, once.
 *
 * @throws OperatorError where the kernel does not let it
 */
export async function surveyStates(options: StateSurveyOptions): Promise<StateSurvey> {
  const surveyor = new StateSurveyor(options)
  try {
    return await surveyor.survey()
  } finally {
    surveyor.close()
  }
}

/** Sockets of one state, one process and one network namespace. */
export interface OwnedState {
  state: SocketState
  /** With its identity; undefined: unknown. */
  owner: Task | undefined
  netns: number
  /** The service that most of them talk to; undefined where this side is the server. */
  peer: { address: string; port: number } | undefined
  now: number
}

/** What a survey by owner counted, state by state. */
export function ownedStates({ rows }: StateSurvey): OwnedState[] {
  return rows.flatMap(({ subject, states, mainPeers: peers }) =>
    socketStates.flatMap((state) => {
      const now = states[state]
      if (now === undefined) return []
      const { address, port } = peers?.[state] ?? {}
      const peer = address === undefined || port === undefined ? undefined : { address, port }
      return { state, owner: subject.process, netns: subject.netns ?? 0, peer, now }
    }),
  )
}

/** Whose sockets are, with the identity of each process looked up once. */
class Owners {
  readonly holders: SocketHolders
  readonly #owners: SocketOwners
  readonly #identities: HostIdentities

  constructor(parts: {
    sockets: SocketTable
    holders: SocketHolders
    listeners: Listeners
    identities: HostIdentities
    isByContainer: boolean
  }) {
    this.holders = parts.holders
    this.#identities = parts.identities
    this.#owners = new SocketOwners({
      ...parts,
      subjectOf: (task) => nameOf(this.#identified(task), parts.isByContainer ? 'container' : 'service'),
    })
  }

  ownerOf(record: SocketRecord): Task | undefined {
    const task = this.#owners.ownerOf(record)
    return task && this.#identified(task)
  }

  #identified(task: Task): Task {
    if (!task.identity) this.#identities.identifyProcess(task)
    return task
  }
}
