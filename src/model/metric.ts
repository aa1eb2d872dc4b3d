import type { LogLinearHistogram } from '../histogram/log-linear-histogram.ts'

/** Names and values; the same names at every point of a family. */
export type MetricLabels = Readonly<Record<string, string>>

/** One sample that stands for the others of its bucket, and leads to a recorded incident. */
export interface Exemplar {
  valueNs: number
  unixMs: number
  /** Of the `incident` record. */
  incidentId: string
}

/** A number, or a histogram of durations, with its labels. */
export interface MetricPoint {
  labels: MetricLabels
  value: number | LogLinearHistogram
  /** Since when this point counts, where it is later than the snapshot's: it may have been there before, and was forgotten. */
  startUnixMs?: number
  exemplars?: readonly Exemplar[]
}

/** A metric as it leaves the process, in Prometheus' form and in OpenTelemetry's. */
export interface MetricFamily {
  /** Prometheus' name, unit and `_total` included. */
  name: string
  /** OpenTelemetry's name. */
  otelName: string
  help: string
  /** UCUM, as OpenTelemetry writes it: `s`, `By`, `1`, `{connection}`. */
  unit: string
  /** `counter`: grows since `startUnixMs`. `histogram`: durations, in nanoseconds here and in seconds outside. */
  type: 'counter' | 'gauge' | 'histogram'
  points: readonly MetricPoint[]
}

/** Every metric of one moment. */
export interface MetricSnapshot {
  unixMs: number
  /** Since when counters count. */
  startUnixMs: number
  /** Of this host; not a label of each point. */
  host: string
  families: readonly MetricFamily[]
}
