import type { Owner } from './process.ts'
import type { SocketPair } from './socket.ts'

interface ConnectionFacts {
  /** Nanoseconds after the session's epoch. */
  timeNs: number
  /** Names the socket for as long as it lives; the kernel's socket cookie where it gives one. */
  connectionId: number
  socket: SocketPair
  /** Undefined: unknown. Never a bystander. */
  owner: Owner | undefined
}

/** SYN sent and nothing heard for longer than the threshold; its end follows as connect or fail. */
export interface PendingEvent extends ConnectionFacts {
  kind: 'pending'
  /** Since the SYN. */
  waitedNs: number
}

/** A connection that this host opened is established. */
export interface ConnectEvent extends ConnectionFacts {
  kind: 'connect'
  /** From SYN to ESTABLISHED; undefined where the SYN came before wirelag. */
  handshakeNs: number | undefined
}

/** A connection that this host tried to open, and that was never established. */
export interface FailEvent extends ConnectionFacts {
  kind: 'fail'
  /** Name of the errno; ECANCELED where the application closed the socket before the handshake ended. */
  error: string
  /** From SYN, or from the call of connect() where none was sent, to the failure. */
  handshakeNs: number | undefined
}

/** A connection that a peer opened has been given to the application. */
export interface AcceptEvent extends ConnectionFacts {
  kind: 'accept'
  /** From SYN-ACK to its ACK; undefined where the kernel measured none (SYN-ACK sent twice, SYN cookie). */
  handshakeNs: number | undefined
  /** From ESTABLISHED to the return of accept(); undefined where that was not seen. */
  acceptQueueNs: number | undefined
}

/** An established connection has ended. */
export interface CloseEvent extends ConnectionFacts {
  kind: 'close'
  /** From ESTABLISHED to CLOSE; for one that existed before wirelag a lower bound. */
  durationNs: number
  existedBefore: boolean
  /** Payload, retransmissions not counted. */
  bytesSent: number
  bytesReceived: number
  /** Segments, SYNs included. */
  retransmits: number
  /** Smoothed; undefined where none was measured. */
  rttUs: number | undefined
  minRttUs: number | undefined
  /** Data was in flight or waiting to be sent. */
  busyMs: number
  /** Of that, the peer's window was the limit. */
  receiverLimitedMs: number
  /** Of that, the send buffer was. */
  sendLimitedMs: number
  /** Name of the errno that ended it; undefined for an orderly end. */
  error: string | undefined
}

/** A connection that was there before wirelag, with a process that holds it. */
export interface ExistingConnection extends ConnectionFacts {
  kind: 'existing'
  owner: Owner
  /** Which end this is; undefined where it is not known. */
  role: 'client' | 'server' | undefined
}

export type ConnectionEvent = PendingEvent | ConnectEvent | FailEvent | AcceptEvent | CloseEvent
