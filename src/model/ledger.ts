import type { Owner } from './process.ts'
import type { SocketPair } from './socket.ts'

/** Where the time of a connection can go. */
export const ledgerStages = [
  'connect',
  'synRetry',
  'acceptQueue',
  'application',
  'send',
  'sendBlocked',
  'receiverLimited',
  'wire',
  'rto',
  'receiveQueue',
  'cpuWait',
  'closing',
  'unexplained',
] as const

export type LedgerStage = (typeof ledgerStages)[number]

/** A span of a connection's time, split into parts that add up to it. */
export interface Ledger {
  kind: 'ledger'
  /** When it ended, in nanoseconds after the session's epoch. */
  timeNs: number
  connectionId: number
  socket: SocketPair
  owner: Owner | undefined
  /**
   * `connection`: its whole life. `request`: sent from here, until the first byte of the reply was read. `reply`: a
   * request came, until the reply was written.
   */
  span: 'connection' | 'request' | 'reply'
  wallNs: number
  stagesNs: Record<LedgerStage, number>
  synRetries: number
  /** Retransmission timers that ran out. */
  timeouts: number
}
