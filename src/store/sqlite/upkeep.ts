import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { StoredRecord } from '../../model/record.ts'
import { rollUpTiers, type RollUp } from '../roll-up-tiers.ts'
import type { StoreLimits } from '../store.ts'
import { lanesOf, type Lane } from './lanes.ts'
import { decodeRow, isWhole, rowColumns, type RecordRow } from './record-row.ts'
import type { RecordWriter } from './record-writer.ts'
import { SeriesReader } from './series-table.ts'
import { SeriesSweep } from './series-sweep.ts'

const hourMs = 3_600_000
/** Rows that are read or deleted before others get a turn: some milliseconds. */
const rowsPerSlice = 500
/** A history that is too large is cut to this share of its limit. */
const keptShare = 0.95
const pagesPerSlice = 256
const hugeMs = 2 ** 52

export interface UpkeepOptions {
  limits: StoreLimits
  /** Undefined: steps stay as they are. */
  rollUp: RollUp | undefined
}

/** Forgets and rolls up, in slices between which others get their turn. */
export class Upkeep {
  readonly #db: DatabaseSync
  readonly #writer: RecordWriter
  readonly #options: UpkeepOptions
  readonly #sweep: SeriesSweep
  /** By the length of the coarser steps: up to where finer ones were looked at. */
  readonly #rolledUpTo = new Map<number, number>()

  constructor(db: DatabaseSync, writer: RecordWriter, options: UpkeepOptions) {
    this.#db = db
    this.#writer = writer
    this.#options = options
    this.#sweep = new SeriesSweep(db, writer)
  }

  /**
   * One round of it: each step of the generator is a slice.
   *
   * @param otherBytes of what else is kept beside the database
   */
  *round(nowUnixMs: number, otherBytes: number): Generator<void> {
    yield* this.#forgetOld(nowUnixMs - this.#options.limits.maxAgeMs)
    const { rollUp } = this.#options
    if (rollUp) for (const { afterMs, spanMs } of rollUpTiers) yield* this.#rollUp(nowUnixMs - afterMs, spanMs, rollUp)
    yield* this.#forgetExcess(otherBytes)
    yield this.#sweep.advance()
    yield* this.#giveBack()
  }

  *#forgetOld(beforeUnixMs: number): Generator<void> {
    for (const lane of lanesOf(this.#db)) {
      const before = beforeUnixMs - lane.spanMs
      if ((this.#firstTime([lane], -hugeMs) ?? before) >= before) continue
      while (this.#deleteOldest(lane, before) === rowsPerSlice) yield
    }
  }

  #deleteOldest({ kind, spanMs }: Lane, beforeUnixMs: number): number {
    let deleted = 0
    this.#writer.transact(() => {
      const { changes } = this.#db
        .prepare(
          `DELETE FROM record WHERE id IN
            (SELECT id FROM record INDEXED BY lane WHERE kind = ? AND span = ? AND time < ? ORDER BY time LIMIT ?)`,
        )
        .run(kind, spanMs, beforeUnixMs, rowsPerSlice)
      deleted = Number(changes)
    })
    return deleted
  }

  /** The oldest of all, an hour at a time. */
  *#forgetExcess(otherBytes: number): Generator<void> {
    const maxBytes = Math.max(0, this.#options.limits.maxBytes - otherBytes)
    if (this.#usedBytes() <= maxBytes) return
    for (;;) {
      const lanes = lanesOf(this.#db)
      const oldest = this.#firstTime(lanes, -hugeMs)
      if (oldest === undefined) return
      const untilUnixMs = Math.floor(oldest / hourMs + 1) * hourMs
      let deletedOfAll = 0
      for (const lane of lanes) {
        for (let deleted = rowsPerSlice; deleted === rowsPerSlice;) {
          if (this.#usedBytes() <= maxBytes * keptShare) return
          deleted = this.#deleteOldest(lane, untilUnixMs)
          deletedOfAll += deleted
          yield
        }
      }
      // A damaged index tells of rows that are not there.
      if (deletedOfAll === 0) return
    }
  }

  #firstTime(lanes: readonly Lane[], fromUnixMs: number): number | undefined {
    const first = this.#db.prepare(
      'SELECT CAST(min(time) AS REAL) AS time FROM record INDEXED BY lane WHERE kind = ? AND span = ? AND time >= ?',
    )
    const times = lanes.map(({ kind, spanMs }) => first.get(kind, spanMs, fromUnixMs)?.['time'])
    const known = times.filter((time) => typeof time === 'number')
    return known.length === 0 ? undefined : Math.min(...known)
  }

  #pragma(name: 'page_count' | 'freelist_count' | 'page_size'): number {
    return Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name])
  }

  #usedBytes(): number {
    return (this.#pragma('page_count') - this.#pragma('freelist_count')) * this.#pragma('page_size')
  }

  *#giveBack(): Generator<void> {
    for (let left = this.#pragma('freelist_count'); left > 0;) {
      this.#db.exec(`PRAGMA incremental_vacuum(${pagesPerSlice})`)
      const now = this.#pragma('freelist_count')
      if (now >= left) return
      left = now
      yield
    }
  }

  *#rollUp(untilUnixMs: number, spanMs: number, rollUp: RollUp): Generator<void> {
    const lanes = lanesOf(this.#db).filter((lane) => lane.spanMs > 0 && lane.spanMs < spanMs)
    for (;;) {
      const first = this.#firstTime(lanes, this.#rolledUpTo.get(spanMs) ?? 0)
      const begin = first === undefined ? Infinity : Math.floor(first / spanMs) * spanMs
      if (begin + spanMs > untilUnixMs) return
      yield* this.#rollUpStep(lanes, begin, spanMs, rollUp)
      this.#rolledUpTo.set(spanMs, begin + spanMs)
    }
  }

  /** All of a coarser step goes into one transaction: its finer steps are there, or what they became. */
  *#rollUpStep(lanes: readonly Lane[], beginUnixMs: number, spanMs: number, rollUp: RollUp): Generator<void> {
    const idOf = new Map<StoredRecord, number>()
    const series = new SeriesReader(this.#db)
    const select = this.#db.prepare(
      `SELECT ${rowColumns} FROM record INDEXED BY lane
       WHERE kind = ? AND span = ? AND record.time >= ? AND record.time < ? ORDER BY record.time, record.id`,
    )
    for (const lane of lanes) {
      for (const row of rowsOf(select.all(lane.kind, lane.spanMs, beginUnixMs, beginUnixMs + spanMs))) {
        if (idOf.size % rowsPerSlice === rowsPerSlice - 1) yield
        const known = series.find(row.series)
        const read = known && isWhole(row, known.crc) ? decodeRow(row, known.series) : undefined
        if (read) idOf.set(read.record, row.id)
      }
    }
    const records = [...idOf.keys()].toSorted((a, b) => a.timeUnixMs - b.timeUnixMs)
    yield
    const results = new Set(rollUp(records, spanMs))
    yield
    const replaced = records.filter((record) => !results.has(record)).map((record) => idOf.get(record)!)
    const made = [...results].filter((record) => !idOf.has(record))
    if (replaced.length + made.length > 0) this.#writer.replace(replaced, made)
    yield
  }
}

function rowsOf(rows: readonly Record<string, SQLOutputValue>[]): readonly RecordRow[] {
  return rows as unknown as readonly RecordRow[]
}
