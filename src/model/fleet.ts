/** What hosts and services are compared by; the order is that of the columns. */
export const fleetMeasures = [
  'established',
  'synSent',
  'synRecv',
  'finWait1',
  'finWait2',
  'timeWait',
  'closeWait',
  'lastAck',
  'closing',
  'handshakeP95Ms',
  'acceptQueueP95Ms',
  'sendP95Ms',
  'pickupP95Ms',
  'rttP95Ms',
  'conntrackShare',
  'conntrackInsertFailedPerS',
  'retransmitsPerS',
  'failuresPerS',
  'resetsPerS',
  'listenOverflowsPerS',
  'findings',
  'lostPerS',
] as const

export type FleetMeasure = (typeof fleetMeasures)[number]

export const fleetGroupings = ['host', 'service'] as const
export type FleetGrouping = (typeof fleetGroupings)[number]

/**
 * `reporting`: there is something of it now. `down`: Prometheus asks it, and it does not answer. `silent`: it reported a
 * while ago, and does not any more.
 */
export type FleetStatus = 'reporting' | 'silent' | 'down'

/** A host, or a service on all of them. */
export interface FleetMember {
  name: string
  status: FleetStatus
  /** When something was last heard of it; undefined: not known, or now. */
  lastUnixMs: number | undefined
  /** What is not known of it is absent. Counts are the latest, rates and p95s of the span. */
  values: Readonly<Partial<Record<FleetMeasure, number>>>
  /** Causes of the findings that are there now. */
  causes: readonly string[]
}

/** What a store knew of all hosts, or services, at one moment. */
export interface FleetReading {
  by: FleetGrouping
  kind: 'prometheus' | 'records'
  /** Where it comes from, fit to be shown: without passwords. */
  source: string
  /** When it was asked. */
  unixMs: number
  /** What rates and p95s are of: the time until then. */
  spanMs: number
  /** In the order of their names. */
  members: readonly FleetMember[]
  /** Why there may be less in it than there should be. */
  warnings: readonly string[]
}

/** How the fleet stands by one measure. */
export interface FleetNorm {
  measure: FleetMeasure
  median: number
  /** Median of the absolute deviations from the median. */
  mad: number
  /** Members that have a value. */
  members: number
  /** They are too few to say who is out of line. */
  isTooFew: boolean
}

/** A member that is out of line, by a measure; or one that reports nothing. */
export interface Outlier {
  member: FleetMember
  /** `edge-07: TIME_WAIT 23,014, fleet median 410`. */
  sentence: string
  /** Undefined: it reports nothing. */
  measure: FleetMeasure | undefined
  value: number | undefined
  norm: FleetNorm | undefined
  /** How many times the fleet's usual deviation it is away from the median; Infinity for one that reports nothing. */
  score: number
}

/** Who is out of line, the farthest first. */
export interface FleetComparison {
  reading: FleetReading
  outliers: readonly Outlier[]
  norms: readonly FleetNorm[]
}
