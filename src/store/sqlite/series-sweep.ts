import type { DatabaseSync } from 'node:sqlite'
import { IdSet } from './id-set.ts'
import type { RecordWriter } from './record-writer.ts'

const rowsPerCall = 20_000
/** Series that one call forgets. */
const seriesPerCall = 1000

/**
 * Forgets series that no record is of any more. It walks over all records, some at each call: new ones have higher numbers, so that
 * it comes to them as well.
 */
export class SeriesSweep {
  readonly #db: DatabaseSync
  readonly #writer: RecordWriter
  /** Of the series that records are of; undefined: the walk has not begun. */
  #used: IdSet | undefined
  #walkedId = 0
  /** Once all records were walked over: series up to here were looked at. */
  #sweptId: number | undefined

  constructor(db: DatabaseSync, writer: RecordWriter) {
    this.#db = db
    this.#writer = writer
  }

  advance(): void {
    this.#used ??= new IdSet(this.#firstSeries())
    if (!this.#walk(this.#used)) return
    const unused = this.#unused(this.#used)
    this.#writer.transact(() => {
      const forget = this.#db.prepare('DELETE FROM series WHERE id = ?')
      for (const id of unused) forget.run(id)
    })
  }

  #firstSeries(): number {
    return Number(this.#db.prepare('SELECT CAST(min(id) AS REAL) AS id FROM series').get()?.['id'] ?? 0)
  }

  /** Whether it has come to the last record. */
  #walk(used: IdSet): boolean {
    const rows = this.#db
      .prepare(
        'SELECT CAST(id AS REAL) AS id, CAST(series AS REAL) AS series FROM record NOT INDEXED WHERE record.id > ? ORDER BY record.id LIMIT ?',
      )
      .iterate(this.#walkedId, rowsPerCall)
    let walked = 0
    for (const { id, series } of rows) {
      used.add(Number(series))
      this.#walkedId = Number(id)
      walked++
    }
    return walked < rowsPerCall
  }

  #unused(used: IdSet): number[] {
    const from = this.#sweptId ?? 0
    const ids = this.#db
      .prepare('SELECT CAST(id AS REAL) AS id FROM series WHERE series.id > ? ORDER BY series.id LIMIT ?')
      .all(from, seriesPerCall)
      .map(({ id }) => Number(id))
    const isDone = ids.length < seriesPerCall
    this.#sweptId = isDone ? undefined : ids.at(-1)
    const remembered = this.#writer.series.rememberedIds
    const unused = ids.filter((id) => !used.has(id) && !remembered.has(id))
    if (isDone) {
      this.#used = undefined
      this.#walkedId = 0
    }
    return unused
  }
}
