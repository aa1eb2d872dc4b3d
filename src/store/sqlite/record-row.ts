import { crc32 } from 'node:zlib'
import type { RecordKind, RecordSubject, StoredRecord } from '../../model/record.ts'
import { unpackBody } from './body-text.ts'

/** How kinds are kept: never to be changed, only added to. */
export const kindCodes: Readonly<Record<RecordKind, number>> = {
  span: 1,
  edge: 2,
  failures: 3,
  lives: 4,
  retransmits: 5,
  drops: 6,
  pickups: 7,
  exchange: 8,
  thread: 9,
  'slow-time': 10,
  states: 11,
  host: 12,
  namespace: 13,
  finding: 14,
  incident: 15,
  book: 16,
  http: 17,
}

export const kindsByCode: ReadonlyMap<number, RecordKind> = new Map(
  Object.entries(kindCodes).map(([kind, code]) => [code, kind as RecordKind]),
)

/** What records of one series have in common. */
export interface Series extends RecordSubject {
  host: string
  /** Empty for moments, of which each has its own. */
  key: string
}

/** A row of the table `record`, columns cast so that no flipped bit makes a number that JavaScript cannot hold. */
export interface RecordRow {
  id: number
  kind: number
  span: number
  time: number
  series: number
  key: string | null
  body: string | Uint8Array
  crc: number
}

const number = (column: string): string => `CAST(${column} AS REAL) AS ${column}`

export const rowColumns = [...['id', 'kind', 'span', 'time', 'series'].map(number), 'key', 'body', number('crc')].join(
  ', ',
)

/** Of a series' texts. */
export function seriesChecksum({ host, service, container, pod, namespace, key }: Series): number {
  return crc32(JSON.stringify([host, service, container, pod, namespace, key]))
}

/** Of everything that a record is made of: a flipped bit anywhere, or a row of another place, does not fit it. */
export function rowChecksum(row: Omit<RecordRow, 'series' | 'crc'>, seriesCrc: number): number {
  const { id, kind, span, time, key, body } = row
  return crc32(body, crc32(JSON.stringify([id, kind, span, time, seriesCrc, key])))
}

/** The series that a record is of. */
export function seriesOf({ host, service, container, pod, namespace, key, spanMs }: StoredRecord): Series {
  return { host, service, container, pod, namespace, key: spanMs === 0 ? '' : key }
}

/** Whether a row is as it was written. */
export function isWhole(row: RecordRow, seriesCrc: number): boolean {
  if (typeof row.body !== 'string' && !(row.body instanceof Uint8Array)) return false
  if (row.key !== null && typeof row.key !== 'string') return false
  return rowChecksum(row, seriesCrc) === row.crc
}

/** The JSON of a row's body, and what it is read as. */
export interface ReadRow {
  json: string
  record: StoredRecord
}

/** @param row one that is whole */
export function decodeRow(row: RecordRow, series: Series): ReadRow | undefined {
  const kind = kindsByCode.get(row.kind)
  if (kind === undefined) return undefined
  const json = unpackBody(row.body)
  const { key, ...subject } = series
  const parts = { kind, timeUnixMs: row.time, spanMs: row.span, key: row.key ?? key, ...subject }
  return { json, record: { ...parts, body: JSON.parse(json) } }
}
