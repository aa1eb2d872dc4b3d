import type { StoredRecord } from '../../model/record.ts'
import { coarsestTier, type RollUp } from '../roll-up-tiers.ts'
import { batchColumns, lineOf, packed } from './batch-file.ts'
import type { ClickhouseHttp } from './clickhouse-http.ts'
import { dayNumber, dayUnixMs } from './day-number.ts'
import { recordFields, recordOf } from './record-select.ts'
import type { TableNames } from './schema.ts'
import { literal } from './sql-text.ts'

const { spanMs } = coarsestTier
const dayMs = 86_400_000
/** Of so much of a step the records are in memory at once. */
const sliceMs = 60_000
const timeoutMs = 60_000

/** Every step has one of these, and what is told of a moment is one. */
const tellingKinds = `kind IN ('span', 'finding', 'incident', 'book')`

/** A record's batch, and its place in it. */
type Place = readonly [batch: string, row: number]

/**
 * What the steps of a host became: coarser ones, in a table of their own. All of a coarser step is one insert, so it is there as a whole or not at
 * all; who makes it again, makes the same. What stays as it is keeps its batch and row, by which it is read once.
 */
export class CoarseSteps {
  readonly #http: ClickhouseHttp
  readonly #tables: TableNames
  readonly #rollUp: RollUp
  /** By host: up to where they were made. */
  readonly #madeTo = new Map<string, number>()

  constructor(http: ClickhouseHttp, tables: TableNames, rollUp: RollUp) {
    this.#http = http
    this.#tables = tables
    this.#rollUp = rollUp
  }

  /** Those of a host that are over before a time. @throws ClickhouseTrouble */
  async makeOfHost(host: string, beforeUnixMs: number): Promise<void> {
    const before = beginOf(beforeUnixMs)
    const from = this.#madeTo.get(host) ?? (await this.#lastEnd(host))
    if (from < before) await this.#make(host, from, before)
    this.#madeTo.set(host, Math.max(from, before))
  }

  /** Where the last of a host ends; 0: it has none. */
  async #lastEnd(host: string): Promise<number> {
    const sql = `SELECT count(), max(time_ms) FROM ${this.#tables.rolled.all} WHERE ${tellingKinds} AND host = ${literal(host)}`
    const [row] = await this.#rows(sql)
    return Number(row?.[0]) === 0 ? 0 : beginOf(Number(row?.[1])) + spanMs
  }

  /** Those that are missing of every host that has finer ones of a day: its agent may be no more. @throws ClickhouseTrouble */
  async makeOfDay(day: number): Promise<void> {
    const { records, rolled } = this.#tables
    const [fine, coarse] = [await this.#lastTimes(records.all, day), await this.#lastTimes(rolled.all, day)]
    const begin = dayUnixMs(day)
    for (const [host, lastUnixMs] of fine) {
      const coarseUnixMs = coarse.get(host)
      const from = coarseUnixMs === undefined ? begin : beginOf(coarseUnixMs) + spanMs
      if (from <= lastUnixMs) await this.#make(host, from, begin + dayMs)
    }
  }

  async #lastTimes(table: string, day: number): Promise<Map<string, number>> {
    const sql = `SELECT host, max(time_ms) FROM ${table} WHERE ${tellingKinds} AND day = ${day} GROUP BY host`
    const rows = await this.#rows(sql)
    return new Map(rows.map(([host = '', time]) => [host, Number(time)]))
  }

  /** One after the other, where there is something. */
  async #make(host: string, fromUnixMs: number, beforeUnixMs: number): Promise<void> {
    for (let from = fromUnixMs; ;) {
      const first = await this.#firstTime(host, from, beforeUnixMs)
      if (first === undefined) return
      const begin = beginOf(first)
      await this.#makeOne(host, begin)
      from = begin + spanMs
    }
  }

  async #firstTime(host: string, fromUnixMs: number, beforeUnixMs: number): Promise<number | undefined> {
    const sql = `SELECT count(), min(time_ms) FROM ${this.#tables.records.all} WHERE ${inTime(host, fromUnixMs, beforeUnixMs)}`
    const [row] = await this.#rows(sql)
    return Number(row?.[0]) === 0 ? undefined : Number(row?.[1])
  }

  async #makeOne(host: string, beginUnixMs: number): Promise<void> {
    let records: StoredRecord[] = []
    const places = new WeakMap<StoredRecord, Place>()
    for (let from = beginUnixMs; from < beginUnixMs + spanMs; from += sliceMs) {
      const slice = await this.#slice(host, from, places)
      records = this.#rollUp([...records, ...slice], spanMs)
    }
    const batch = `rolled-${beginUnixMs}-${host}`
    const day = dayNumber(beginUnixMs)
    const lines = records.map((record, i) => lineOf(record, day, ...(places.get(record) ?? [batch, i])))
    await this.#http.insert(
      `INSERT INTO ${this.#tables.rolled.all} (${batchColumns})`,
      await packed(lines),
      // Of a cluster: answered when it is on the shard.
      { timeoutMs, settings: { insert_distributed_sync: 1 } },
    )
  }

  async #slice(host: string, fromUnixMs: number, places: WeakMap<StoredRecord, Place>): Promise<StoredRecord[]> {
    const rows = await this.#rows(
      `SELECT ${recordFields}, batch, row FROM ${this.#tables.records.all}
       WHERE ${inTime(host, fromUnixMs, fromUnixMs + sliceMs)} ORDER BY time_ms, batch, row LIMIT 1 BY batch, row`,
    )
    return rows.map((row) => {
      const record = recordOf(row)
      places.set(record, [row.at(-2) ?? '', Number(row.at(-1))])
      return record
    })
  }

  /** Of all shards, or none. */
  #rows(sql: string): Promise<string[][]> {
    return this.#http.rows(sql, { timeoutMs, settings: { skip_unavailable_shards: 0 } })
  }
}

function beginOf(unixMs: number): number {
  return Math.floor(unixMs / spanMs) * spanMs
}

function inTime(host: string, fromUnixMs: number, beforeUnixMs: number): string {
  const days = `day >= ${dayNumber(fromUnixMs)} AND day <= ${dayNumber(beforeUnixMs)}`
  return `${days} AND host = ${literal(host)} AND time_ms >= ${fromUnixMs} AND time_ms < ${beforeUnixMs}`
}
