import { stageNames, type EdgeActivity } from '../model/edge.ts'
import type { Link, LinkEnd } from '../model/link.ts'
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

function linkJson({ clients, server, port, via }: Link): Record<string, unknown> {
  return { clients: clients.map((end) => linkEndJson(end)), server: linkEndJson(server), port, via }
}

function linkEndJson({ container, service }: LinkEnd): Record<string, unknown> {
  return identityJson({ container, service })
}

function stagesJson(stages: EdgeActivity['stages']): Record<string, unknown> {
  const told = stageNames.filter((stage) => stages[stage].count > 0)
  return Object.fromEntries(
    told.map((stage) => {
      const histogram = stages[stage]
      const quantiles = {
        count: histogram.count,
        p50Us: us(histogram.quantileNs(0.5)),
        p95Us: us(histogram.quantileNs(0.95)),
        p99Us: us(histogram.quantileNs(0.99)),
        maxUs: us(histogram.maxNs),
      }
      return [stage, quantiles]
    }),
  )
}

function topRowJson({ process, container, service, edge, link, processes, activity }: TopRow): Record<string, unknown> {
  const { counts, stages, rttUs, minRttUs } = activity
  return {
    pid: process?.pid,
    comm: process?.comm,
    ...identityJson(process?.identity ?? (container && { container })),
    service,
    processes: process ? undefined : processes.size || undefined,
    protocol: edge?.protocol,
    role: edge?.role,
    peerAddress: edge?.peerAddress,
    peerName: edge?.peerName,
    port: edge?.port,
    netns: edge?.netns,
    link: link && linkJson(link.link),
    stages: stagesJson(stages),
    serverStages: link && stagesJson(link.server.stages),
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
