import type { Ledger } from './ledger.ts'
import type { SlowSample } from './slow-sample.ts'

/** One event of a socket, from the ring that the kernel keeps for it until something is the matter. */
export interface HistoryEvent {
  /** Nanoseconds after the session's epoch. */
  timeNs: number
  /** What happened: `send`, `receive`, `read`, `retransmit`, `state` … */
  what: string
  /** How long it took, where it took time. */
  durationNs: number | undefined
  /** Bytes, where it is of any. */
  bytes: number | undefined
  /** A word more: the type of a retransmit, the state that it came to. */
  detail: string
}

/** What led to a trigger: the last events of that socket, the oldest first. */
export interface SocketHistory {
  kind: 'history'
  /** Of the trigger, in nanoseconds after the session's epoch. */
  timeNs: number
  connectionId: number
  /** What set it off. */
  trigger: 'slow' | 'failure' | 'rto'
  events: readonly HistoryEvent[]
  /** Earlier events of this socket that the ring had no room for any more. */
  forgotten: number
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
