/**
 * What a record is of. `span`: a step of time was recorded, which is so also where nothing happened in it. `edge` to
 * `namespace`: parts of an observation (observation-records.ts); `finding`: what a diagnosis found; `incident`: one thing that
 * took long, with its ledger and history; `book`: what was lost; `http`: p95 of an HTTP service, from elsewhere.
 */
export const recordKinds = [
  'span',
  'edge',
  'failures',
  'lives',
  'retransmits',
  'drops',
  'pickups',
  'exchange',
  'thread',
  'slow-time',
  'states',
  'host',
  'namespace',
  'finding',
  'incident',
  'book',
  'http',
] as const

export type RecordKind = (typeof recordKinds)[number]

/** By whom records are asked for: empty where it does not apply. */
export interface RecordSubject {
  service: string
  /** What it goes by: its name, else the beginning of its id. */
  container: string
  pod: string
  /** Of Kubernetes. */
  namespace: string
}

/** What the flight recorder keeps: a fact of one host and one step of time. */
export interface StoredRecord extends RecordSubject {
  kind: RecordKind
  host: string
  /** Where its step begins, or when it happened, in milliseconds since 1970. */
  timeUnixMs: number
  /** The step's length; 0: it happened at that moment. */
  spanMs: number
  /** The same for what is the same in other steps, such as an edge: records of one key can be rolled up. */
  key: string
  /** What JSON can hold; which kind has which is said where they are made. */
  body: unknown
}

/**
 * Of a step that took so long: whole seconds, as a history keeps together what is of one length, and is slow with many. The span's body
 * has the nanoseconds.
 */
export function recordedSpanMs(spanMs: number): number {
  return spanMs < 1000 ? Math.round(spanMs) : Math.round(spanMs / 1000) * 1000
}
