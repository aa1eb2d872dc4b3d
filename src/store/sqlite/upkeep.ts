import type { DatabaseSync } from 'node:sqlite'
import type { StoredRecord } from '../../model/record.ts'
import type { StoreLimits } from '../store.ts'
import { lanesOf, type Lane } from './lanes.ts'
import { decodeRow, isWhole, rowColumns, type RecordRow } from './record-row.ts'
import type { RecordWriter } from './record-writer.ts'
import { SeriesReader } from './series-table.ts'
import { SeriesSweep } from './series-sweep.ts'

const hourMs = 3_600_000

/** Steps that are older than `afterMs` become steps of `spanMs`; of several that fit, the later ones follow the earlier. */
export const rollUpTiers: readonly { afterMs: number; spanMs: number }[] = [
  { afterMs: hourMs, spanMs: 60_000 },
  { afterMs: 24 * hourMs, spanMs: 600_000 },
]

/** Makes of records of shorter steps those of steps of `spanMs`. */
export type RollUp = (records: readonly StoredRecord[], spanMs: number) => StoredRecord[]

/** Rows that one transaction deletes, or rolls up (and the rest of their series): some milliseconds. */
const rowsPerSlice = 500
/** A history that is too large is cut to this share of its limit. */
const keptShare = 0.95
const pagesPerSlice = 256

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
  /** By tier and kind: up to where steps were rolled up. */
  readonly #rolledUpTo = new Map<string, number>()

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
    if (this.#options.rollUp)
      for (const { afterMs, spanMs } of rollUpTiers) yield* this.#rollUp(nowUnixMs - afterMs, spanMs)
    yield* this.#forgetExcess(otherBytes)
    yield this.#sweep.advance()
    yield* this.#giveBack()
  }

  *#forgetOld(beforeUnixMs: number): Generator<void> {
    for (const lane of lanesOf(this.#db))
      while (this.#deleteOldest(lane, beforeUnixMs - lane.spanMs) === rowsPerSlice) yield
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
    for (let oldest = this.#oldest(lanesOf(this.#db)); oldest !== undefined;) {
      const lanes = lanesOf(this.#db)
      oldest = this.#oldest(lanes)
      if (oldest === undefined) return
      const untilUnixMs = Math.floor(oldest / hourMs + 1) * hourMs
      for (const lane of lanes)
        for (let deleted = rowsPerSlice; deleted === rowsPerSlice; yield) {
          if (this.#usedBytes() <= maxBytes * keptShare) return
          deleted = this.#deleteOldest(lane, untilUnixMs)
        }
    }
  }

  #oldest(lanes: readonly Lane[]): number | undefined {
    const first = this.#db.prepare('SELECT CAST(min(time) AS REAL) AS time FROM record WHERE kind = ? AND span = ?')
    const times = lanes.flatMap(({ kind, spanMs }) => first.get(kind, spanMs)?.['time'] ?? [])
    return times.length === 0 ? undefined : Math.min(...times.map(Number))
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

  *#rollUp(untilUnixMs: number, spanMs: number): Generator<void> {
    const shorter = lanesOf(this.#db).filter((lane) => lane.spanMs > 0 && lane.spanMs < spanMs)
    for (const kind of new Set(shorter.map((lane) => lane.kind))) {
      const lanes = shorter.filter((lane) => lane.kind === kind)
      const id = `${spanMs} ${kind}`
      for (;;) {
        const first = this.#firstFrom(lanes, this.#rolledUpTo.get(id) ?? -Infinity)
        const begin = first === undefined ? Infinity : Math.floor(first / spanMs) * spanMs
        if (begin + spanMs > untilUnixMs) break
        yield* this.#rollUpStep(lanes, begin, spanMs)
        this.#rolledUpTo.set(id, begin + spanMs)
      }
    }
  }

  #firstFrom(lanes: readonly Lane[], fromUnixMs: number): number | undefined {
    const first = this.#db.prepare(
      'SELECT CAST(min(time) AS REAL) AS time FROM record WHERE kind = ? AND span = ? AND time >= ?',
    )
    const times = lanes.flatMap(
      ({ kind, spanMs }) => first.get(kind, spanMs, Math.max(fromUnixMs, -(2 ** 53)))?.['time'] ?? [],
    )
    return times.length === 0 ? undefined : Math.min(...times.map(Number))
  }

  /** All of a series goes into one transaction: its short steps are there, or the long one. */
  *#rollUpStep(lanes: readonly Lane[], beginUnixMs: number, spanMs: number): Generator<void> {
    const bySeries = new Map<number, Map<number, StoredRecord>>()
    const series = new SeriesReader(this.#db)
    const select = this.#db.prepare(
      `SELECT ${rowColumns} FROM record INDEXED BY lane
       WHERE kind = ? AND span = ? AND record.time >= ? AND record.time < ? ORDER BY record.time`,
    )
    for (const lane of lanes) {
      for (const row of select.all(
        lane.kind,
        lane.spanMs,
        beginUnixMs,
        beginUnixMs + spanMs,
      ) as unknown as RecordRow[]) {
        const known = series.find(row.series)
        const read = known && isWhole(row, known.crc) ? decodeRow(row, known.series) : undefined
        if (!read) continue
        const rows = bySeries.get(row.series) ?? new Map<number, StoredRecord>()
        bySeries.set(row.series, rows.set(row.id, read.record))
      }
    }
    let slice = new Map<number, StoredRecord>()
    for (const rows of bySeries.values()) {
      slice = new Map([...slice, ...rows])
      if (slice.size < rowsPerSlice) continue
      yield this.#replace(slice, spanMs)
      slice = new Map()
    }
    if (slice.size > 0) yield this.#replace(slice, spanMs)
  }

  #replace(rows: ReadonlyMap<number, StoredRecord>, spanMs: number): void {
    this.#writer.replace([...rows.keys()], this.#options.rollUp?.([...rows.values()], spanMs) ?? [...rows.values()])
  }
}
