import type { StageName } from './edge.ts'
import type { Task } from './process.ts'
import type { SocketPair } from './socket.ts'

/** One thing that took long, or failed: a sample of a stage, or a retransmission timer that ran out. */
export interface SlowSample {
  /** Nanoseconds after the session's epoch. */
  timeNs: number
  what: StageName | 'retransmit'
  latencyNs: number
  /** It took at least that long. */
  isLowerBound: boolean
  protocol: 'tcp' | 'udp'
  socket: SocketPair
  task: Task
  /** An errno's name, `zero window`, the type of a retransmit; empty where there is nothing to say. */
  detail: string
}
