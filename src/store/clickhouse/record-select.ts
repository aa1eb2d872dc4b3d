import type { RecordKind, StoredRecord } from '../../model/record.ts'
import { coarsestTier } from '../roll-up-tiers.ts'
import type { RecordQuery } from '../store.ts'
import { ClickhouseTrouble } from './clickhouse-trouble.ts'
import { dayNumber } from './day-number.ts'
import type { TableNames } from './schema.ts'
import { choiceCondition, literal } from './sql-text.ts'

/** The longest step that is found by a time that begins in it. */
const maxSpanMs = 86_400_000

export const recordFields = 'kind, host, time_ms, span_ms, service, container, pod, namespace, key, body'
const columnCount = recordFields.split(',').length
const { spanMs: rolledMs } = coarsestTier
/** Of hosts' clocks to each other. */
const mostClockOffsetMs = 3_600_000

/**
 * The SELECT of a query. Of a host and a coarser step, finer ones are read while there are any: when they are dropped, what they became is
 * there.
 */
export function selectRecords({ records, rolled }: TableNames, query: RecordQuery, nowUnixMs: number): string {
  const { latest } = query
  const conditions = conditionsOf(query)
  const chosen = latest === undefined ? inOrder : latestOf(latest)
  if (!mayBeRolledUp(query, nowUnixMs))
    return `SELECT ${recordFields} FROM ${records.all} WHERE ${conditions.join(' AND ')} ${chosen}`
  const isOnly = `(host, ${stepOf('time_ms')}) GLOBAL NOT IN (${selectFineSteps(records.all, query)})`
  const parts = [
    `SELECT ${recordFields}, batch, row FROM ${records.all} WHERE ${conditions.join(' AND ')}`,
    `SELECT ${recordFields}, batch, row FROM ${rolled.all} WHERE ${[...conditions, isOnly].join(' AND ')}`,
  ]
  // So that each has only so many for the whole.
  const fewer = latest === undefined ? parts : parts.map((part) => `${part} ${chosen}`)
  return `SELECT ${recordFields} FROM (${fewer.join(' UNION ALL ')}) ${chosen}`
}

/** A row is a batch and its place in it: what was inserted twice, as the answer to the first was lost, is read once. */
const inOrder = 'ORDER BY time_ms, batch, row LIMIT 1 BY batch, row'

function latestOf(count: number): string {
  return `ORDER BY time_ms DESC, batch DESC, row DESC LIMIT 1 BY batch, row LIMIT ${Math.ceil(count)}`
}

/** What is younger is not rolled up. */
function mayBeRolledUp({ fromUnixMs }: RecordQuery, nowUnixMs: number): boolean {
  return fromUnixMs < nowUnixMs - coarsestTier.afterMs + mostClockOffsetMs
}

/** The coarser steps of which there are finer ones, by host. Every step has a span. */
function selectFineSteps(table: string, { fromUnixMs, toUnixMs, hosts }: RecordQuery): string {
  const [from, to] = [wholeMs(fromUnixMs - rolledMs), wholeMs(toUnixMs + rolledMs)]
  const conditions = [
    `kind = 'span'`,
    `day >= ${dayNumber(from)} AND day <= ${dayNumber(to)}`,
    `time_ms >= ${from} AND time_ms < ${to}`,
    ...(hosts ? [isIn('host', hosts)] : []),
  ]
  return `SELECT DISTINCT host, ${stepOf('time_ms')} FROM ${table} WHERE ${conditions.join(' AND ')}`
}

/** Which coarser step a time is in. */
function stepOf(column: string): string {
  return `intDiv(${column}, ${rolledMs})`
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

/** A row of `recordFields`, and maybe others. @throws ClickhouseTrouble where it is none */
export function recordOf(row: readonly string[]): StoredRecord {
  if (row.length < columnCount) throw new ClickhouseTrouble('what answers there is no ClickHouse')
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
