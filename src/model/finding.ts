import type { EdgeProcess } from './edge.ts'

/** What can be the matter. */
export const causes = [
  'slow-reader-busy',
  'slow-reader-asleep',
  'slow-reader-no-cpu',
  'slow-reader-throttled',
  'slow-accept',
  'accept-queue-overflow',
  'syn-filtered',
  'connection-refused',
  'packet-loss',
  'local-drop',
  'conntrack-full',
  'zero-window',
  'send-buffer-small',
  'nagle-delayed-ack',
  'path-queueing',
  'close-wait-leak',
  'time-wait-storm',
  'port-exhaustion',
  'no-pooling',
  'syn-flood',
  'cpu-starvation',
  'memory-pressure',
  'disk-full',
  'periodic-spike',
] as const

export type Cause = (typeof causes)[number]

/** A cause that was found, with what shows it. */
export interface Finding {
  cause: Cause
  /** Who is the cause; undefined: nobody of this host's processes, or all. */
  culprit: EdgeProcess | undefined
  /** One sentence: who, to whom, what. */
  sentence: string
  /** Nanoseconds after the session's epoch; undefined: from before it. */
  sinceNs: number | undefined
  /** With numbers. */
  evidence: readonly string[]
  /** 0 to 1: how sure it is. */
  confidence: number
  /** 0 to 1: how much of the trouble it explains; findings are ranked by it and by their confidence. */
  weight: number
  /** A command that shows it. */
  confirm: string
  /** What to do about it. */
  advice: string
}

/** A cause that was looked for, and is not there. */
export interface RuledOut {
  cause: Cause
  /** With the figure that speaks against it. */
  sentence: string
}

export interface Diagnosis {
  /** The weightiest first. */
  findings: readonly Finding[]
  ruledOut: readonly RuledOut[]
  /** What could not be judged, as this kernel does not show what it needs. */
  unjudged: readonly RuledOut[]
}
