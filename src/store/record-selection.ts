import { passesText } from '../model/text-choice.ts'
import type { StoredRecord } from '../model/record.ts'
import type { RecordedHost, RecordQuery } from './store.ts'

/** The records that are wanted, in the order of their time, then in that in which they are given. */
export function selectedRecords(records: readonly StoredRecord[], query: RecordQuery): StoredRecord[] {
  const wanted = records.filter((record) => isWanted(record, query)).toSorted((a, b) => a.timeUnixMs - b.timeUnixMs)
  return query.latest === undefined ? wanted : wanted.slice(Math.max(0, wanted.length - query.latest))
}

function isWanted(record: StoredRecord, query: RecordQuery): boolean {
  const { kind, host, timeUnixMs, spanMs, body } = record
  const { fromUnixMs, toUnixMs, kinds, hosts, text } = query
  const isThen = timeUnixMs < toUnixMs && (spanMs === 0 ? timeUnixMs >= fromUnixMs : timeUnixMs + spanMs > fromUnixMs)
  return (
    isThen &&
    (!kinds || kinds.includes(kind)) &&
    (!hosts || hosts.includes(host)) &&
    (['service', 'container', 'pod', 'namespace'] as const).every((name) => passesText(query[name], [record[name]])) &&
    (text === undefined || JSON.stringify(body).includes(text))
  )
}

/** The hosts that records are of, in the order of their names. */
export function hostsOf(records: readonly StoredRecord[]): RecordedHost[] {
  const hosts = new Map<string, RecordedHost>()
  for (const { host, timeUnixMs, spanMs } of records) {
    const known = hosts.get(host)
    const lastUnixMs = timeUnixMs + spanMs
    if (!known) hosts.set(host, { host, firstUnixMs: timeUnixMs, lastUnixMs })
    else {
      known.firstUnixMs = Math.min(known.firstUnixMs, timeUnixMs)
      known.lastUnixMs = Math.max(known.lastUnixMs, lastUnixMs)
    }
  }
  return [...hosts.values()].toSorted((a, b) => (a.host < b.host ? -1 : Number(a.host > b.host)))
}
