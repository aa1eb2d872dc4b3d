import type { RecordKind, StoredRecord } from '../../model/record.ts'
import type { RecordQuery } from '../store.ts'
import { ClickhouseTrouble } from './clickhouse-trouble.ts'
import { dayNumber } from './day-number.ts'
import { choiceCondition, literal } from './sql-text.ts'

/** The longest step that is found by a time that begins in it. */
const maxSpanMs = 86_400_000

const columns = 'kind, host, time_ms, span_ms, service, container, pod, namespace, key, body'

/**
 * The SELECT of a query. What was inserted twice, as the answer to the first was lost and merges have not come to it yet, is
 * read once: a row is its batch and its place in it.
 */
export function selectRecords(table: string, query: RecordQuery): string {
  const isLatest = query.latest !== undefined
  const order = ['time_ms', 'batch', 'row'].map((column) => (isLatest ? `${column} DESC` : column))
  return [
    `SELECT ${columns} FROM ${table}`,
    `WHERE ${conditionsOf(query).join(' AND ')}`,
    `ORDER BY ${order.join(', ')} LIMIT 1 BY batch, row`,
    ...(isLatest ? [`LIMIT ${Math.ceil(query.latest ?? 0)}`] : []),
  ].join(' ')
}

/** Whether nothing can be found, so that nobody need be asked. */
export function isOfNothing({ kinds, hosts, latest, fromUnixMs, toUnixMs }: RecordQuery): boolean {
  return kinds?.length === 0 || hosts?.length === 0 || (latest !== undefined && latest <= 0) || toUnixMs < fromUnixMs
}

function conditionsOf({ fromUnixMs, toUnixMs, kinds, hosts, text, ...choices }: RecordQuery): string[] {
  const [from, to] = [wholeMs(fromUnixMs), wholeMs(toUnixMs)]
  const conditions = [
    `day >= ${dayNumber(from - maxSpanMs)} AND day <= ${dayNumber(to)}`,
    `time_ms > ${from - maxSpanMs} AND time_ms < ${to}`,
    `(time_ms >= ${from} OR time_ms + span_ms > ${from})`,
  ]
  if (kinds) conditions.push(isIn('kind', kinds))
  if (hosts) conditions.push(isIn('host', hosts))
  for (const column of ['service', 'container', 'pod', 'namespace'] as const) {
    const choice = choices[column]
    if (choice) conditions.push(choiceCondition(column, choice))
  }
  if (text !== undefined && text !== '') conditions.push(`position(body, ${literal(text)}) > 0`)
  return conditions
}

function isIn(column: string, values: readonly string[]): string {
  return `${column} IN (${values.map(literal).join(', ')})`
}

/** Times are whole in the table. */
function wholeMs(ms: number): number {
  return Math.ceil(Math.min(Math.max(ms, 0), 2 ** 52))
}

/** A row of `selectRecords`. @throws ClickhouseTrouble where it is none */
export function recordOf(row: readonly string[]): StoredRecord {
  if (row.length !== columns.split(',').length) throw new ClickhouseTrouble('what answers there is no ClickHouse')
  const [kind = '', host = '', timeMs, spanMs, service = '', container = '', pod = '', namespace = '', key = '', body] =
    row
  const subject = { service, container, pod, namespace }
  return {
    kind: kind as RecordKind,
    host,
    timeUnixMs: Number(timeMs),
    spanMs: Number(spanMs),
    ...subject,
    key,
    body: JSON.parse(body ?? 'null') as unknown,
  }
}
