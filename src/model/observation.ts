import type { EdgeActivity, EdgeProcess } from './edge.ts'
import type { HostFacts, NamespaceFacts } from './host-facts.ts'
import type { Ledger } from './ledger.ts'
import type { StateNormal } from './normal.ts'
import type { Task } from './process.ts'
import type { SocketPair } from './socket.ts'

/** Connects of a process to one peer that were never established. */
export interface ConnectFailures {
  owner: Task
  socket: SocketPair
  /** Name of the errno. */
  error: string
  count: number
  /** Nanoseconds after the session's epoch. */
  firstNs: number
}

/** Connections of a process with one peer, from their begin to their end. */
export interface ConnectionLives {
  owner: Task
  role: 'client' | 'server'
  socket: SocketPair
  opened: number
  closed: number
  /** Of those that were closed, from established to closed. */
  lifeNs: number
  bytes: number
}

/** Retransmits of a process's connections with one peer. */
export interface Retransmits {
  owner: Task
  socket: SocketPair
  syn: number
  /** Timers that ran out. */
  rto: number
  /** Fast retransmits and tail loss probes. */
  other: number
  /** Time that the timers ran. */
  stallNs: number
  firstNs: number
}

/** Packets that this host's kernel dropped, for one reason. */
export interface Drops {
  /** The kernel's own name. */
  reason: string
  count: number
  /** Of the connections that they were of, where it is known. */
  owners: readonly Task[]
  socket: SocketPair
  firstNs: number
}

/** A send call, the wait of received data, or a request with its reply, that took long. */
export interface SlowTime {
  timeNs: number
  owner: Task
  what: 'send' | 'pickup' | 'request'
  latencyNs: number
}

/** How a thread spent the time. */
export interface ThreadTimes {
  pid: number
  tid: number
  /** On a CPU. */
  ranNs: number
  /** Wanted one, and had none. */
  waitedNs: number
  /** Its cgroups had used up their quota. */
  throttledNs: number
  spanNs: number
}

/** A reader that let data wait, or a process that accepted late. */
export interface SlowPickups {
  reader: Task
  socket: SocketPair
  count: number
  /** The sum of the waits. */
  waitedNs: number
  longestNs: number
  firstNs: number
}

/** Sockets of one state and one owner. */
export interface StateCount {
  state: string
  owner: Task | undefined
  netns: number
  /** Of TIME_WAIT and the like: the peer that most of them are of. */
  peer: { address: string; port: number } | undefined
  before: number
  now: number
}

/** A signal that is off. */
export interface UnseenSignal {
  /** As `wirelag doctor` names it. */
  signal: string
  title: string
}

/** What was seen of this host in some span of time: what the rules judge. */
export interface Observation {
  spanNs: number
  /** What this kernel does not show: a rule that needs it can say nothing. */
  unseen: readonly UnseenSignal[]
  edges: readonly EdgeActivity[]
  failures: readonly ConnectFailures[]
  lives: readonly ConnectionLives[]
  retransmits: readonly Retransmits[]
  drops: readonly Drops[]
  pickups: readonly SlowPickups[]
  /** Requests and replies that took longer than `slowNs`, as the ledger splits them. */
  exchanges: readonly Ledger[]
  slowNs: number
  threads: readonly ThreadTimes[]
  /** When sends and reads were slow, and whose. */
  slowTimes: readonly SlowTime[]
  /** Of all CPUs, 0 to 1; undefined: not known. */
  idleShare: number | undefined
  /** What each process sent, moment by moment. */
  series: readonly { process: EdgeProcess; points: readonly { timeNs: number; bytes: number }[] }[]
  states: readonly StateCount[]
  /** How many sockets services usually have by state, where a history tells. */
  normals?: readonly StateNormal[]
  host: { before: HostFacts; now: HostFacts } | undefined
  namespaces: readonly { before: NamespaceFacts | undefined; now: NamespaceFacts }[]
}

/** Of a span in which nothing happened, and of whose host nothing is known. */
export function emptyObservation(spanNs: number): Observation {
  return {
    spanNs,
    unseen: [],
    edges: [],
    failures: [],
    lives: [],
    retransmits: [],
    drops: [],
    pickups: [],
    exchanges: [],
    slowNs: 20e6,
    threads: [],
    slowTimes: [],
    idleShare: undefined,
    series: [],
    states: [],
    host: undefined,
    namespaces: [],
  }
}
