import { printable } from '../lib/printable.ts'
import { containerText, type Container } from './container.ts'
import { peerText } from './edge-text.ts'
import type { Edge, EdgeActivity, StageName } from './edge.ts'
import { linkText, type Link } from './link.ts'

/** What the rows of `wirelag top` are of. */
export type TopGrouping = 'process' | 'container' | 'service' | 'edge' | 'link'

export const topGroupings: readonly TopGrouping[] = ['process', 'container', 'service', 'edge', 'link']

/** What a process, a service or an edge did in a window of time. */
export interface TopRow {
  /** Names what the row is of, the same in every window. */
  key: string
  /** Undefined: of a container or service, or of all that found no room in the kernel's table. */
  process: Edge['process']
  /** Undefined: of a service, of a process that is in none, or of all such processes. */
  container: Container | undefined
  /** Undefined: of a container, or of all that found no room. */
  service: string | undefined
  /** Undefined: of a process or service. */
  edge: Edge | undefined
  /** Keys of the processes that are in it. */
  processes: Set<string>
  /** Texts of the peers that are in it. */
  peers: Set<string>
  /** Of a link what its clients did, and what was counted at the servers of accepts and of packets. */
  activity: Pick<EdgeActivity, 'counts' | 'stages' | 'rttUs' | 'minRttUs'>
  /** Undefined: no link. */
  link: { link: Link; server: Pick<EdgeActivity, 'counts' | 'stages'> } | undefined
}

/** The share of the time in sends and pickups, of both ends of a link, that was the clients'; undefined without any. */
export function clientShare({ activity, link }: TopRow): number | undefined {
  if (!link) return undefined
  const sum = ({ stages }: Pick<EdgeActivity, 'stages'>): number => stages.send.sumNs + stages.pickup.sumNs
  const [client, server] = [sum(activity), sum(link.server) + activity.stages.acceptQueue.sumNs]
  return client + server > 0 ? client / (client + server) : undefined
}

/** In the order of the screen. A stage's own name is its p95, the plural its rate. */
export const topColumnNames = [
  'pid',
  'comm',
  'container',
  'service',
  'processes',
  'peer',
  'link',
  'handshake',
  'handshakes',
  'accept',
  'accepts',
  'send',
  'sends',
  'server-pickup',
  'server-send',
  'pickup',
  'pickups',
  'client-share',
  'retransmits',
  'failures',
  'resets',
  'drops',
  'sent',
  'rtt',
] as const

export type TopColumnName = (typeof topColumnNames)[number]

/** The columns that tell a stage's 95th percentile. */
export const p95Stages: Partial<Record<TopColumnName, StageName>> = {
  handshake: 'handshake',
  accept: 'acceptQueue',
  send: 'send',
  pickup: 'pickup',
}

/** The columns that tell how often there was a stage. */
export const rateStages: Partial<Record<TopColumnName, StageName>> = {
  handshakes: 'handshake',
  accepts: 'acceptQueue',
  sends: 'send',
  pickups: 'pickup',
}

/** What a row has in a column, to sort by: nanoseconds, counts, bytes, or a text; undefined where there is nothing. */
export function topValue(row: TopRow, column: TopColumnName): number | string | undefined {
  const { counts, stages, rttUs } = row.activity
  const p95Stage = p95Stages[column]
  if (p95Stage) return stages[p95Stage].quantileNs(0.95)
  const rateStage = rateStages[column]
  if (rateStage) return stages[rateStage].count
  switch (column) {
    case 'pid':
      return row.process?.pid
    case 'comm':
      return row.process?.comm
    case 'container':
      return row.container && containerText(row.container)
    case 'service':
      return row.service
    case 'processes':
      return row.processes.size
    case 'peer':
      return row.edge && peerText(row.edge)
    case 'link':
      return row.link && linkText(row.link.link)
    case 'server-pickup':
      return row.link?.server.stages.pickup.quantileNs(0.95)
    case 'server-send':
      return row.link?.server.stages.send.quantileNs(0.95)
    case 'client-share':
      return clientShare(row)
    case 'retransmits':
      return retransmitCount(row)
    case 'resets':
      return counts.resetsSent + counts.resetsReceived
    case 'failures':
      return counts.failures
    case 'drops':
      return counts.drops
    case 'sent':
      return counts.sentBytes
    default:
      return rttUs
  }
}

export function retransmitCount({ activity }: TopRow): number {
  return Object.values(activity.counts.retransmits).reduce((sum, count) => sum + count, 0)
}

/** Whether a row's comm, container, service, pid or one of its peers has the text in it, be it in capitals or not. */
export function hasText(row: TopRow, text: string): boolean {
  const wanted = text.toLowerCase()
  const { process, container, service } = row
  const texts = [
    process?.comm ?? '',
    service ?? '',
    row.link ? linkText(row.link.link) : '',
    container ? containerText(container) : '',
    String(process?.pid ?? ''),
    ...row.peers,
  ]
  return texts.some((candidate) => printable(candidate).toLowerCase().includes(wanted))
}
