import { stageNames } from '../model/edge.ts'
import type { TopRow } from '../model/top-row.ts'
import { identityJson } from './identity-json.ts'
import { us } from './ndjson.ts'

/**
 * `kind: top`: every process, service or edge that did anything in a window.
 *
 * @param spanNs how long a time the rows are of
 */
export function topJson(rows: readonly TopRow[], spanNs: number, unixNs: bigint): Record<string, unknown> {
  return {
    kind: 'top',
    timeUnixNs: String(unixNs),
    windowMs: spanNs / 1e6,
    rows: rows.map((row) => topRowJson(row)),
  }
}

function topRowJson({ process, container, service, edge, processes, activity }: TopRow): Record<string, unknown> {
  const { counts, stages, rttUs, minRttUs } = activity
  const told = stageNames.filter((stage) => stages[stage].count > 0)
  return {
    pid: process?.pid,
    comm: process?.comm,
    ...identityJson(process?.identity ?? (container && { container })),
    service,
    processes: process ? undefined : processes.size || undefined,
    protocol: edge?.protocol,
    role: edge?.role,
    peerAddress: edge?.peerAddress,
    port: edge?.port,
    netns: edge?.netns,
    stages: Object.fromEntries(
      told.map((stage) => {
        const histogram = stages[stage]
        return [
          stage,
          {
            count: histogram.count,
            p50Us: us(histogram.quantileNs(0.5)),
            p95Us: us(histogram.quantileNs(0.95)),
            p99Us: us(histogram.quantileNs(0.99)),
            maxUs: us(histogram.maxNs),
          },
        ]
      }),
    ),
    sentBytes: counts.sentBytes,
    sendBlockedUs: us(counts.sendBlockedNs),
    wouldBlocks: counts.wouldBlocks,
    zeroWindows: counts.zeroWindows,
    retransmits: counts.retransmits,
    stallUs: us(counts.stallNs),
    failures: counts.failures,
    resetsSent: counts.resetsSent,
    resetsReceived: counts.resetsReceived,
    drops: counts.drops,
    rttUs: edge && rttUs,
    minRttUs: edge && minRttUs,
  }
}
