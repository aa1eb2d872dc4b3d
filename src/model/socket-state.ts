import type { Identity } from './container.ts'
import type { Owner, Task } from './process.ts'
import type { SocketPair } from './socket.ts'

/** The states of a TCP socket, as they are shown. A half-open connection is SYN_RECV, whatever the kernel keeps of it. */
export const socketStates = [
  'LISTEN',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'CLOSING',
  'CLOSE',
] as const

export type SocketState = (typeof socketStates)[number]

/** By the kernel's number (include/net/tcp_states.h). */
const byNumber: readonly (SocketState | undefined)[] = [
  undefined,
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'SYN_RECV',
]

/** How many numbers there are. */
export const stateNumbers = byNumber.length

/** @param number the kernel's; one that it does not have is CLOSE */
export function stateName(number: number): SocketState {
  return byNumber[number] ?? 'CLOSE'
}

/**
 * The state of that name, in either case and as `ss` and `netstat` write it: `time-wait`, `FIN_WAIT_2`, `estab`.
 *
 * @throws SyntaxError
 */
export function parseState(text: string): SocketState {
  const plain = (name: string): string => name.replace(/[-_]/g, '').toUpperCase()
  const wanted = plain(text)
  const found = socketStates.find((name) => plain(name) === wanted)
  if (found) return found
  if (wanted === 'ESTAB') return 'ESTABLISHED'
  throw new SyntaxError(`'${text}' is none of ${socketStates.join(', ')}`)
}

/** Sockets of each state, those that have any, in the order of socketStates. */
export type StateCounts = Partial<Record<SocketState, number>>

/** What a row of a survey is of. `owner`: a process in a network namespace. */
export const stateGroupings = ['netns', 'container', 'service', 'listener', 'peer'] as const
export type StateGrouping = (typeof stateGroupings)[number] | 'owner'

/** What the sockets of a row have in common. */
export interface StateSubject {
  /** Inode number of the network namespace. */
  netns?: number
  /** `host`, the name under /run/netns, or the comm of a process that is in it. */
  netnsName?: string
  identity?: Identity
  process?: Task
  /** The socket that they were accepted from, itself included; absent: from none. */
  listener?: { address: string; port: number }
  /** Port: where this side is the client. */
  peer?: { address: string; port?: number }
  /** It is not known whose they are. */
  isUnknown?: true
}

export interface StateRow {
  subject: StateSubject
  total: number
  states: StateCounts
  /** By owner: the peer that most sockets of a state have, with its port where this side is the client. */
  mainPeers?: Partial<Record<SocketState, { address: string; port?: number }>>
}

/** A socket that has been in its state for long. */
export interface OldSocket {
  state: SocketState
  /** Milliseconds in this state; undefined: not known. */
  ageMs: number | undefined
  isAgeLowerBound: boolean
  socket: SocketPair
  connectionId: number | undefined
  uid: number
  /** Who holds it, or would, once it is accepted. */
  owner: Task | undefined
  /** Undefined: no process holds it. */
  fd: number | undefined
  /** Bytes that nobody has read. */
  receiveQueue: number
  /** Bytes that the peer has not acknowledged. */
  sendQueue: number
}

/** All TCP sockets of this host in one moment, as far as the filters let them pass. */
export interface StateSurvey {
  /** Nanoseconds since 1970. */
  unixNs: bigint
  total: number
  states: StateCounts
  /** The one with most sockets first. */
  rows: StateRow[]
  /** CLOSE_WAIT and SYN_SENT, the oldest of each first. */
  oldest: OldSocket[]
}

/** A socket went from one state to another. */
export interface StateChange {
  kind: 'state'
  /** Nanoseconds after the session's epoch. */
  timeNs: number
  connectionId: number
  socket: SocketPair
  owner: Owner | undefined
  from: SocketState
  to: SocketState
}
