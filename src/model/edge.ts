import type { Identity } from './container.ts'
import type { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'

/** What is measured of each edge. */
export type StageName = 'handshake' | 'acceptQueue' | 'send' | 'pickup'

export const stageNames: readonly StageName[] = ['handshake', 'acceptQueue', 'send', 'pickup']

export type RetransmitType = 'syn' | 'syn-ack' | 'rto' | 'fast' | 'tlp'

export const retransmitTypes: readonly RetransmitType[] = ['syn', 'syn-ack', 'rto', 'fast', 'tlp']

/** A process whose sockets are measured. */
export interface EdgeProcess {
  pid: number
  /** Nanoseconds after boot. */
  startNs: number
  comm: string
  /** Of the cgroup that it was in when it was first seen; absent: not known. */
  cgroupId?: number
  /** Whose it is; undefined: not looked up. */
  identity?: Identity
}

/** A process and whom it talks to. */
export interface Edge {
  /** Undefined: of all that found no room in the kernel's table. */
  process: EdgeProcess | undefined
  protocol: 'tcp' | 'udp'
  /** `any`: all of the process, or what of it found no room. */
  role: 'any' | 'client' | 'server'
  /** Of a UDP socket that is not connected: `0.0.0.0` or `::`. Undefined for the role `any`. */
  peerAddress: string | undefined
  /** By reverse lookup, where that was asked for and answered. */
  peerName?: string
  /** The service's: the peer's for a client, its own for a server. */
  port: number | undefined
  netns: number | undefined
}

/** Events of an edge that are counted. */
export interface EdgeCounts {
  sentBytes: number
  /** Waiting for send-buffer space. */
  sendBlockedNs: number
  /** Retransmission timers that ran out. */
  stallNs: number
  /** Send calls that took nothing (EAGAIN). */
  wouldBlocks: number
  /** Send calls that waited while the peer's window was closed. */
  zeroWindows: number
  retransmits: Record<RetransmitType, number>
  resetsSent: number
  resetsReceived: number
  /** Connects that were never established. */
  failures: number
  /** Datagrams that found the receive buffer full. */
  drops: number
}

/** What an edge did in some span of time. */
export interface EdgeActivity {
  edge: Edge
  counts: EdgeCounts
  stages: Record<StageName, LogLinearHistogram>
  /** The latest smoothed round-trip time, and the least of that connection; undefined where none was noted. */
  rttUs: number | undefined
  minRttUs: number | undefined
}
