import { readFileSync, readlinkSync } from 'node:fs'
import { networkNamespaces, type NetworkNamespace } from '../host/network-namespaces.ts'
import { passesIdentity } from '../identity/identity-filter.ts'
import type { ServiceRule } from '../identity/identities.ts'
import { SocketStates } from '../kernel/socket-states.ts'
import { containerText, serviceOf, type Identity } from '../model/container.ts'
import { includesNumber, type Filter } from '../model/filter.ts'
import type { Task } from '../model/process.ts'
import {
  socketStates,
  stateName,
  type SocketState,
  type StateGrouping,
  type StateRow,
  type StateSubject,
  type StateSurvey,
} from '../model/socket-state.ts'
import { Listeners, type Listener } from '../track/listeners.ts'
import { OldestSockets } from '../track/oldest-sockets.ts'
import { SocketHolders } from '../track/socket-holders.ts'
import { SocketOwners } from '../track/socket-owners.ts'
import { addCounts, SocketTable, StateTally } from '../track/state-counts.ts'
import { SocketFlag, type SocketRecord } from '../wire/wire.gen.ts'
import { cgroupHierarchyOfHost } from './cgroup-hierarchy.ts'
import { HostIdentities } from './host-identities.ts'
import { isByIdentity, kernelConfig } from './kernel-config.ts'

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

/** Sums sockets up. */
interface Grouping {
  add(record: SocketRecord): void
  rows(): StateRow[]
}

function rowsOf(tally: StateTally<string, StateSubject>): StateRow[] {
  return tally.rows().map(({ subject, total, states }) => ({ subject, total, states }))
}

function byNetns(namespaces: readonly NetworkNamespace[]): Grouping {
  const tally = new StateTally<number, StateSubject>((netns) => ({ netns }))
  return {
    add: (record) => tally.add(record.tuple.netns, record.state),
    rows: () =>
      tally.rows().map(({ subject, total, states }) => ({
        subject: { ...subject, ...namespaceName(namespaces.find(({ inode }) => inode === subject.netns)) },
        total,
        states,
      })),
  }
}

/** What a person may know a namespace by. */
function namespaceName(namespace: NetworkNamespace | undefined): Pick<StateSubject, 'netnsName'> {
  if (!namespace) return {}
  const pid = /^\/proc\/(\d+)\/ns\/net$/.exec(namespace.path)?.[1]
  if (pid === undefined) return { netnsName: namespace.path.replace(/^.*\//, '') }
  if (isHost(namespace)) return { netnsName: 'host' }
  const comm = attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd())
  return comm === undefined ? {} : { netnsName: comm }
}

/** That of init, or of kthreadd, which is not as well guarded. */
function isHost({ inode }: NetworkNamespace): boolean {
  return [1, 2].some((pid) => attempt(() => readlinkSync(`/proc/${pid}/ns/net`)) === `net:[${inode}]`)
}

/** Undefined for a process that has ended, or is not ours to look at. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const noListener = ''

function byListener(listeners: Listeners): Grouping {
  const found = new Map<string, Listener>()
  const tally = new StateTally<string, StateSubject>((key) => {
    const listener = found.get(key)
    return listener ? { netns: listener.netns, listener: { address: listener.address, port: listener.port } } : {}
  })
  const keys = new Map<Listener, string>()
  return {
    add: (record) => {
      const listener = listeners.of(record.tuple)
      let key = listener ? keys.get(listener) : noListener
      if (key === undefined && listener) {
        key = `${listener.netns} ${listener.address} ${listener.port}`
        keys.set(listener, key)
        found.set(key, listener)
      }
      tally.add(key ?? noListener, record.state)
    },
    rows: () => rowsOf(tally),
  }
}

/** The peer of a client is a service, that of a server an address; listeners have none. */
function peerKey(record: SocketRecord, listeners: Listeners): string {
  const { tuple } = record
  if (tuple.peerPort === 0) return ''
  return listeners.of(tuple) ? tuple.peerAddress : `${tuple.peerAddress} ${tuple.peerPort}`
}

function peerOf(key: string): { address: string; port?: number } | undefined {
  const [address = '', port] = key.split(' ')
  return address === '' ? undefined : { address, ...(port === undefined ? {} : { port: Number(port) }) }
}

function byPeer(listeners: Listeners): Grouping {
  const tally = new StateTally<string, StateSubject>((key) => {
    const peer = peerOf(key)
    return peer ? { peer } : {}
  })
  return { add: (record) => tally.add(peerKey(record, listeners), record.state), rows: () => rowsOf(tally) }
}

type OwnerOf = (record: SocketRecord) => Task | undefined

const unknown = '?'

function byName(ownerOf: OwnerOf, by: 'container' | 'service'): Grouping {
  const identities = new Map<string, Identity | undefined>()
  const tally = new StateTally<string, StateSubject>((key) => {
    if (key === unknown) return { isUnknown: true }
    const identity = identities.get(key)
    return identity ? { identity } : {}
  })
  return {
    add: (record) => {
      const owner = ownerOf(record)
      const key = owner ? nameOf(owner, by) : unknown
      if (owner && !identities.has(key)) identities.set(key, owner.identity)
      tally.add(key, record.state)
    },
    rows: () => rowsOf(tally),
  }
}

/** What a process counts as; the same is the same text. */
function nameOf(task: Task, by: 'container' | 'service'): string {
  if (by === 'service') return `=${serviceOf(task)}`
  const container = task.identity?.container
  return container ? `=${container.id ?? containerText(container)}` : '-'
}

function byOwner(ownerOf: OwnerOf, listeners: Listeners): Grouping {
  const tasks = new Map<string, Task>()
  const peers = new Map<string, Map<string, number>>()
  const tally = new StateTally<string, StateSubject>((key) => {
    const process = tasks.get(key)
    const netns = Number(key.split(' ')[0])
    return process
      ? { netns, process, ...(process.identity ? { identity: process.identity } : {}) }
      : { netns, isUnknown: true }
  })
  return {
    add: (record) => {
      const owner = ownerOf(record)
      const key = `${record.tuple.netns} ${owner ? `${owner.pid} ${owner.processStartNs}` : unknown}`
      if (owner) tasks.set(key, owner)
      tally.add(key, record.state)
      const peer = peerKey(record, listeners)
      const ofState = `${key} ${stateName(record.state)}`
      const counts = peers.get(ofState) ?? new Map<string, number>()
      peers.set(ofState, counts)
      counts.set(peer, (counts.get(peer) ?? 0) + 1)
    },
    rows: () =>
      tally.rows().map(({ key, subject, total, states }) => ({
        subject,
        total,
        states,
        mainPeers: mainPeers((state) => peers.get(`${key} ${state}`)),
      })),
  }
}

function mainPeers(
  countsOf: (state: SocketState) => ReadonlyMap<string, number> | undefined,
): NonNullable<StateRow['mainPeers']> {
  return Object.fromEntries(
    socketStates.flatMap((state) => {
      // Of several with as many always the same.
      const [most] = [...(countsOf(state) ?? [])].toSorted(([x, a], [y, b]) => b - a || (x < y ? -1 : 1))
      const peer = most && peerOf(most[0])
      return peer ? [[state, peer]] : []
    }),
  )
}
