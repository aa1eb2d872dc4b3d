import { readFileSync, readlinkSync } from 'node:fs'
import type { NetworkNamespace } from '../host/network-namespaces.ts'
import { containerText, serviceOf, type Identity } from '../model/container.ts'
import type { Task } from '../model/process.ts'
import type { StateRow, StateSubject } from '../model/socket-state.ts'
import type { Listener, Listeners } from '../track/listeners.ts'
import { StateTally } from '../track/state-counts.ts'
import type { SocketRecord } from '../wire/wire.gen.ts'

/** Sums sockets up by what they have in common. */
export interface Grouping {
  add(record: SocketRecord): void
  rows(): StateRow[]
}

function rowsOf(tally: StateTally<string, StateSubject>): StateRow[] {
  return tally.rows().map(({ subject, total, states }) => ({ subject, total, states }))
}

export function byNetns(namespaces: readonly NetworkNamespace[]): Grouping {
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

export function byListener(listeners: Listeners): Grouping {
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

export function byPeer(listeners: Listeners): Grouping {
  const tally = new StateTally<string, StateSubject>((key) => {
    const peer = peerOf(key)
    return peer ? { peer } : {}
  })
  return { add: (record) => tally.add(peerKey(record, listeners), record.state), rows: () => rowsOf(tally) }
}

/** Finds out whose a socket is: one object for each process. */
export type OwnerOf = (record: SocketRecord) => Task | undefined

const unknown = '?'

export function byName(ownerOf: OwnerOf, by: 'container' | 'service'): Grouping {
  const identities = new Map<string, Identity | undefined>()
  const names = new Map<Task, string>()
  const tally = new StateTally<string, StateSubject>((key) => {
    if (key === unknown) return { isUnknown: true }
    const identity = identities.get(key)
    return identity ? { identity } : {}
  })
  return {
    add: (record) => {
      const owner = ownerOf(record)
      let key = owner ? names.get(owner) : unknown
      if (key === undefined && owner) {
        key = nameOf(owner, by)
        names.set(owner, key)
        if (!identities.has(key)) identities.set(key, owner.identity)
      }
      tally.add(key ?? unknown, record.state)
    },
    rows: () => rowsOf(tally),
  }
}

/** What a process counts as; the same is the same text. */
export function nameOf(task: Task, by: 'container' | 'service'): string {
  if (by === 'service') return `=${serviceOf(task)}`
  const container = task.identity?.container
  return container ? `=${container.id ?? containerText(container)}` : '-'
}
