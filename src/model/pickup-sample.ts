import type { Task } from './process.ts'
import type { SocketPair } from './socket.ts'

/** One pickup: a task read bytes that had waited in the receive queue. */
export interface PickupSample {
  kind: 'pickup'
  /** Nanoseconds after the session's epoch. */
  timeNs: number
  connectionId: number
  protocol: 'tcp' | 'udp'
  socket: SocketPair
  reader: Task
  /** Of the oldest byte that was unread. */
  latencyNs: number
  /** The data came before wirelag: it waited at least that long. */
  isLowerBound: boolean
}
