import type { Ledger } from './ledger.ts'
import type { Owner } from './process.ts'
import type { SlowSample } from './slow-sample.ts'
import type { SocketPair } from './socket.ts'

/** One event of a socket, from the ring that the kernel keeps for it until something is the matter. */
export interface HistoryEvent {
  /** Nanoseconds after the session's epoch: of a send call its begin, of data that arrived in pieces the first. */
  timeNs: number
  /** `receive`: data is to be read; what comes with nothing between is one event. */
  what: 'state' | 'accept' | 'send' | 'receive' | 'read' | 'retransmit' | 'reset'
  /**
   * How long it took, where it took time: a handshake, a wait for accept(), a send call, from the first arrival to the last,
   * the oldest data's wait until it was read, a timer that ran out. A send call without it has not ended.
   */
  durationNs: number | undefined
  /** Bytes, where it is of any. */
  bytes: number | undefined
  /** A word more: the state that it came to, the type of a retransmit, an errno. */
  detail: string
}

/** What led to a trigger: the last events of that socket, the oldest first. What has been told is not told again. */
export interface SocketHistory {
  kind: 'history'
  /** Of the trigger, in nanoseconds after the session's epoch. */
  timeNs: number
  connectionId: number
  /** What set it off: something over the threshold, a connect that failed, a retransmission timer that ran out. */
  trigger: 'slow' | 'failure' | 'rto'
  events: readonly HistoryEvent[]
  /** Earlier events of this socket, not told before, that the ring had no room for any more. */
  forgotten: number
}

/** A history as the kernel told it: whose it is, and what set it off. */
export interface ToldHistory extends SocketHistory {
  socket: SocketPair
  owner: Owner | undefined
  /** One of the events, but for a send call whose begin was told before, or is forgotten. */
  cause: HistoryEvent
}

/** One thing that took long, or failed, as it is recorded. */
export interface Incident {
  /** Names it for good: exemplars and commands refer to it. */
  id: string
  /** Nanoseconds since 1970. */
  unixNs: bigint
  connectionId: number
  sample: SlowSample
  /** Of the request, reply or connection that it was part of; undefined: none was made. */
  ledger: Ledger | undefined
  history: SocketHistory | undefined
}
