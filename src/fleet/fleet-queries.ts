import type { FleetGrouping, FleetMeasure } from '../model/fleet.ts'

/** What every agent says, and tells its host's name by. */
const everywhere = 'wirelag_build_info'
/** Who reported within it, and does not any more, is silent. */
export const silenceLookback = '1h'
/** A p95 of fewer samples says nothing. */
const leastSamples = 20

/** Labels that tell a host, or a service: a target's own label pushes the metric's aside as `exported_…`. */
const labelsOf: Readonly<Record<FleetGrouping, string>> = {
  host: 'host, host_name, instance, job',
  service: 'service, exported_service',
}

/** A question, and what its answer is of. */
export interface FleetQuery {
  /** Undefined: by the label `state`. */
  measure: FleetMeasure | undefined
  query: string
}

const stages = [
  ['handshakeP95Ms', 'wirelag_tcp_handshake_duration_seconds'],
  ['acceptQueueP95Ms', 'wirelag_tcp_accept_queue_duration_seconds'],
  ['sendP95Ms', 'wirelag_tcp_send_block_duration_seconds'],
  ['pickupP95Ms', 'wirelag_tcp_receive_pickup_duration_seconds'],
  ['rttP95Ms', 'wirelag_tcp_rtt_duration_seconds'],
] as const satisfies readonly (readonly [FleetMeasure, string])[]

const rates = [
  ['conntrackInsertFailedPerS', 'wirelag_conntrack_insert_failed_total'],
  ['retransmitsPerS', 'wirelag_tcp_retransmits_total'],
  ['failuresPerS', 'wirelag_tcp_connection_failures_total'],
  ['resetsPerS', 'wirelag_tcp_resets_total'],
  ['listenOverflowsPerS', 'wirelag_listen_overflows_total'],
  ['lostPerS', 'wirelag_events_lost_total'],
] as const satisfies readonly (readonly [FleetMeasure, string])[]

/**
 * What to ask a Prometheus, answers of which are as long as there are hosts or services: everything is summed up there.
 *
 * @param spanMs what rates and p95s are of
 */
export function fleetQueries(by: FleetGrouping, spanMs: number): FleetQuery[] {
  const labels = labelsOf[by]
  const range = `[${Math.max(1, Math.round(spanMs / 1000))}s]`
  return [
    { measure: undefined, query: `sum by (${labels}, state) (wirelag_tcp_connections)` },
    ...stages.map(([measure, name]) => ({
      measure,
      query:
        `1000 * histogram_quantile(0.95, sum by (${labels}, le) (rate(${name}_bucket${range}))) ` +
        `and sum by (${labels}) (increase(${name}_count${range})) >= ${leastSamples}`,
    })),
    {
      measure: 'conntrackShare',
      query: `max by (${labels}) (wirelag_conntrack_entries / (wirelag_conntrack_entries_limit > 0))`,
    },
    ...rates.map(([measure, name]) => ({ measure, query: `sum by (${labels}) (rate(${name}${range}))` })),
  ]
}

/** Findings that are there now, by their cause. */
export function findingsQuery(by: FleetGrouping): string {
  return `sum by (${labelsOf[by]}, cause) (wirelag_finding) > 0`
}

/** Who reports now. */
export function reportingQuery(by: FleetGrouping): string {
  return `count by (${labelsOf[by]}) (${by === 'host' ? everywhere : 'wirelag_tcp_connections'})`
}

/** Who reported within the lookback. */
export const knownQuery = `count by (${labelsOf.host}) (last_over_time(${everywhere}[${silenceLookback}]))`

/**
 * When these were last heard of, in seconds since 1970.
 *
 * @param label by which they are told, and their values
 */
export function lastHeardQuery(label: 'host' | 'host_name' | 'instance', values: readonly string[]): string {
  const pattern = JSON.stringify(values.map(escaped).join('|'))
  const series = `${everywhere}{${label}=~${pattern}}`
  return `max by (${labelsOf.host}) (max_over_time(timestamp(${series})[${silenceLookback}:5s]))`
}

/** As RE2 takes a text that stands for itself. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** Which targets answer Prometheus: 1, or 0. */
export const upQuery = 'min by (instance, job) (up)'
