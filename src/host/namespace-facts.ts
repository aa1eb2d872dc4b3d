import type { ConntrackCounters, ConntrackFacts, NamespaceFacts, TcpMemoryFacts } from '../model/host-facts.ts'
import { parsePortRange } from './port-range.ts'
import { parseSockets, parseTcpCounters, parseTcpSockstat } from './tcp-counters.ts'

/** Files that tell of a network namespace, by a path under /proc; to be read by a task inside it. */
export const namespaceFiles = {
  snmp: 'thread-self/net/snmp',
  netstat: 'thread-self/net/netstat',
  sockstat: 'thread-self/net/sockstat',
  sockstat6: 'thread-self/net/sockstat6',
  portRange: 'sys/net/ipv4/ip_local_port_range',
  reservedPorts: 'sys/net/ipv4/ip_local_reserved_ports',
  tcpMaxSynBacklog: 'sys/net/ipv4/tcp_max_syn_backlog',
  tcpMaxTwBuckets: 'sys/net/ipv4/tcp_max_tw_buckets',
  syncookies: 'sys/net/ipv4/tcp_syncookies',
  somaxconn: 'sys/net/core/somaxconn',
  conntrackCount: 'sys/net/netfilter/nf_conntrack_count',
  conntrackMax: 'sys/net/netfilter/nf_conntrack_max',
  /** Only the host's own namespace has these two. */
  tcpMem: 'sys/net/ipv4/tcp_mem',
  maxOrphans: 'sys/net/ipv4/tcp_max_orphans',
} as const

/** A text for each of the files; undefined where it could not be read. */
export type NamespaceTexts = Record<keyof typeof namespaceFiles, string | undefined>

const syncookieModes = ['off', 'overflow', 'always'] as const

/**
 * The facts of one network namespace.
 *
 * @param netns its inode
 * @returns undefined where something that every kernel has is missing: the namespace is gone
 */
export function namespaceFacts(
  netns: number,
  texts: NamespaceTexts,
  counters: ConntrackCounters | undefined,
): NamespaceFacts | undefined {
  const facts = {
    tcp: parseTcpCounters(texts.snmp ?? '', texts.netstat ?? ''),
    sockstat: parseSockets(texts.sockstat ?? '', texts.sockstat6),
    portRange: parsePortRange(texts.portRange ?? '', texts.reservedPorts ?? ''),
    tcpMaxSynBacklog: numberIn(texts.tcpMaxSynBacklog),
    somaxconn: numberIn(texts.somaxconn),
    tcpMaxTwBuckets: numberIn(texts.tcpMaxTwBuckets),
  }
  if (!isWhole(facts)) return undefined
  const syncookies = syncookieModes[numberIn(texts.syncookies) ?? -1]
  return { netns, conntrack: conntrackFacts(texts, counters), ...facts, syncookies }
}

function isWhole<Facts extends object>(facts: Facts): facts is { [Name in keyof Facts]: NonNullable<Facts[Name]> } {
  return Object.values(facts).every((fact) => fact !== undefined)
}

function conntrackFacts(
  { conntrackCount, conntrackMax }: NamespaceTexts,
  counters: ConntrackCounters | undefined,
): ConntrackFacts | undefined {
  const [count, max] = [numberIn(conntrackCount), numberIn(conntrackMax)]
  return count === undefined || max === undefined ? undefined : { count, max, counters }
}

/** The host's account of TCP memory; undefined in every namespace but the host's own. */
export function tcpMemoryFacts(texts: NamespaceTexts): TcpMemoryFacts | undefined {
  const sockstat = parseTcpSockstat(texts.sockstat ?? '')
  const [lowPages, pressurePages, maxPages] = (texts.tcpMem ?? '').trim().split(/\s+/).map(numberIn)
  const maxOrphans = numberIn(texts.maxOrphans)
  if (sockstat === undefined || lowPages === undefined || pressurePages === undefined) return undefined
  if (maxPages === undefined || maxOrphans === undefined) return undefined
  const { pages, sockets, orphans } = sockstat
  return { pages, lowPages, pressurePages, maxPages, sockets, orphans, maxOrphans }
}

/** A text that is one whole number. */
function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined
}
