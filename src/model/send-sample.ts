import type { Task } from './process.ts'
import type { SocketPair } from './socket.ts'

/** One send call that has returned. */
export interface SendSample {
  kind: 'send'
  /** Nanoseconds after the session's epoch. */
  timeNs: number
  connectionId: number
  protocol: 'tcp' | 'udp'
  socket: SocketPair
  sender: Task
  /** In the call: copying and waiting. */
  latencyNs: number
  /** Of that, waiting for send-buffer space. */
  blockedNs: number
  /** While it waited, the peer's window was closed. */
  metZeroWindow: boolean
  /** Taken by the call. */
  bytes: number
  /** Name of the errno of a call that took nothing; undefined for one that did. */
  error: string | undefined
}
