import type { RetransmitType } from './edge.ts'
import type { Owner } from './process.ts'
import type { SocketPair } from './socket.ts'

interface PacketFacts {
  /** Nanoseconds after the session's epoch. */
  timeNs: number
  /** Undefined: of no socket that is known. */
  connectionId: number | undefined
  socket: SocketPair
  owner: Owner | undefined
}

/** A segment was sent again. */
export interface RetransmitEvent extends PacketFacts {
  kind: 'retransmit'
  type: RetransmitType
  /** How long the timer ran that brought it; 0 where acknowledgements did. */
  stallNs: number
}

/** A reset went out, or came in. */
export interface ResetEvent extends PacketFacts {
  kind: 'reset'
  direction: 'sent' | 'received'
}

/** The kernel dropped a packet. */
export interface DropEvent extends PacketFacts {
  kind: 'drop'
  protocol: 'tcp' | 'udp'
  /** The kernel's own name, as NO_SOCKET. */
  reason: string
}

export type PacketEvent = RetransmitEvent | ResetEvent | DropEvent
