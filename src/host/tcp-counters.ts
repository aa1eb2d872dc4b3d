import { tcpCounterFields, type NamespaceFacts, type TcpCounterName, type TcpCounters } from '../model/host-facts.ts'

const fields = Object.entries(tcpCounterFields) as [TcpCounterName, string][]

/**
 * Counters of TCP, of the texts of a namespace's net/snmp and net/netstat; 0 for what the kernel does not count.
 *
 * @returns undefined where one of the two has no TCP
 */
export function parseTcpCounters(snmp: string, netstat: string): TcpCounters | undefined {
  const values = new Map([...groupValues(snmp, 'Tcp'), ...groupValues(netstat, 'TcpExt')])
  if (!values.has('Tcp OutSegs') || !values.has('TcpExt ListenDrops')) return undefined
  return Object.fromEntries(fields.map(([name, field]) => [name, values.get(field) ?? 0])) as TcpCounters
}

/** A group is two lines of equal length: names, and their values. By `GROUP NAME`; empty for what is cut off. */
function groupValues(text: string, group: string): Map<string, number> {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith(`${group}: `))
    .map((line) => line.split(' ').slice(1))
  if (names.length !== values.length) return new Map()
  return new Map(names.map((name, i) => [`${group} ${name}`, count(values[i])]))
}

function count(text: string | undefined): number {
  const value = Number(text)
  return Number.isFinite(value) ? value : 0
}

/** What net/sockstat says of TCP. Only `inuse` (IPv4) and `timeWait` are of the namespace, the rest of the whole host. */
export interface TcpSockstat {
  inuse: number
  orphans: number
  timeWait: number
  sockets: number
  pages: number
}

/** Text of net/sockstat: `TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 0`. Undefined where it has no such line. */
export function parseTcpSockstat(sockstat: string): TcpSockstat | undefined {
  const numbers = /^TCP: inuse (\d+) orphan (\d+) tw (\d+) alloc (\d+) mem (-?\d+)$/m.exec(sockstat)
  if (numbers === null) return undefined
  const [inuse = 0, orphans = 0, timeWait = 0, sockets = 0, pages = 0] = numbers.slice(1).map(Number)
  return { inuse, orphans, timeWait, sockets, pages }
}

/**
 * TCP sockets of a namespace, of the texts of its net/sockstat and net/sockstat6, which a kernel without IPv6 has not.
 *
 * @returns undefined where the first has no TCP
 */
export function parseSockets(sockstat: string, sockstat6: string | undefined): NamespaceFacts['sockstat'] | undefined {
  const tcp = parseTcpSockstat(sockstat)
  const [, inuse6 = 0] = /^TCP6: inuse (\d+)$/m.exec(sockstat6 ?? '') ?? []
  return tcp && { inuse: tcp.inuse + Number(inuse6), timeWait: tcp.timeWait }
}
