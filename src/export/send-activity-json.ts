import type { Alert } from '../model/alert.ts'
import { blockedShare, type SendActivity } from '../model/send-activity.ts'
import { identityJson } from './identity-json.ts'
import { us } from './ndjson.ts'

/** `kind: sends`: every process or service that sent in the window. */
export function sendsJson(rows: readonly SendActivity[], windowNs: number, unixNs: bigint): Record<string, unknown> {
  return {
    kind: 'sends',
    timeUnixNs: String(unixNs),
    windowMs: windowNs / 1e6,
    rows: rows.map((row) => sendActivityJson(row)),
  }
}

export function sendActivityJson(activity: SendActivity): Record<string, unknown> {
  const { histogram, process, processCount } = activity
  return {
    ...subjectJson(activity),
    processes: process ? undefined : processCount || undefined,
    count: histogram.count,
    bytes: activity.bytes,
    p50Us: us(histogram.quantileNs(0.5)),
    p95Us: us(histogram.quantileNs(0.95)),
    p99Us: us(histogram.quantileNs(0.99)),
    maxUs: us(histogram.maxNs),
    sendUs: us(histogram.sumNs),
    blockedUs: us(activity.blockedNs),
    blockedShare: blockedShare(activity),
    wouldBlocks: activity.wouldBlocks,
    zeroWindows: activity.zeroWindows,
  }
}

/**
 * `kind: alert`, as it stands in the stream and as a webhook gets it.
 *
 * @param unixNs when it came to its state, in nanoseconds since 1970
 */
export function sendAlertJson(alert: Alert<SendActivity>, windowNs: number, unixNs: bigint): Record<string, unknown> {
  const isResolved = alert.state === 'resolved'
  const durationNs = alert.changedNs - alert.startedNs
  return {
    kind: 'alert',
    timeUnixNs: String(unixNs),
    state: alert.state,
    signal: 'send',
    ...subjectJson(alert.subject),
    windowMs: windowNs / 1e6,
    thresholdUs: us(alert.threshold),
    p95Us: us(alert.value),
    worstP95Us: us(alert.worst),
    count: isResolved ? undefined : alert.subject.histogram.count,
    blockedShare: isResolved ? undefined : blockedShare(alert.subject),
    startedUnixNs: String(unixNs - BigInt(Math.round(durationNs))),
    durationUs: isResolved ? us(durationNs) : undefined,
  }
}

function subjectJson({ process, service, protocol }: SendActivity): Record<string, unknown> {
  return { pid: process?.pid, comm: process?.comm, ...identityJson(process?.identity), service, protocol }
}
